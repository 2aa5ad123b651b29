import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawings } from '../drawings/all.js';

/** Writes each drawing as a file. */
export function writeDrawings(folder) {
  for (const [name, svg] of Object.entries(drawings)) {
    // Several stand in one page: what they refer to inside of them needs names of their own.
    writeFileSync(
      join(folder, `${name}.svg`),
      svg
        .replaceAll('tip"', `tip-${name}"`)
        .replaceAll('#tip)', `#tip-${name})`)
        .replaceAll(`class="tip-${name}"`, 'class="tip"'),
    );
  }
}
