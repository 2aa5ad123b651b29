// Makes folders of files to index.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { random } from './random.ts';

export function writeTree(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

const WORDS = [
  'const',
  'worker',
  'Queue',
  'größe',
  'read_file',
  '$el',
  '42',
  '日本',
  'x',
  'AtomicCounter',
  '=>',
  '(',
  ')',
  '{',
  '};',
];
const EXTENSIONS = ['ts', 'js', 'md', 'json', 'c', 'py', ''];

/** Many text files of random words, a few KiB each, in folders of a hundred. */
export function writeManyFiles(folder: string, count: number, seed = 1): void {
  const next = random(seed);
  for (let file = 0; file < count; file += 1) {
    const lines = Array.from({ length: next(120) }, () =>
      Array.from(
        { length: next(12) },
        () => `${WORDS[next(WORDS.length)]}${next(3) === 0 ? next(1000) : ''}`,
      ).join(' '),
    );
    const extension = EXTENSIONS[next(EXTENSIONS.length)];
    const path = `d${Math.floor(file / 100)}/f${file}${extension === '' ? '' : `.${extension}`}`;
    writeTree(folder, { [path]: lines.join('\n') + (next(4) === 0 ? '' : '\n') });
  }
}

/** One of each kind that deserves care; 12 regular files, 9 of them text. */
export function writeOddFiles(folder: string): void {
  writeTree(folder, {
    empty: '',
    'one-line.txt': 'no line feed at the end',
    'windows.txt': 'first\r\nsecond\r\n',
    'blank.txt': '\n\n\n',
    'sub/größe.md': '# Größe\n\nworker worker WORKER\n',
    'sub/.hidden.js': 'function hidden() { return worker; }\n',
    'sub/spaces in name.ts': 'export const worker = 1;\n',
    'sub/deep/er/late-zero.txt': Buffer.concat([
      Buffer.alloc(9000, 'text\n'),
      Buffer.from([0]),
      Buffer.from('worker\n'),
    ]),
    'invalid.txt': Buffer.concat([
      Buffer.from('worker '),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(' text\n\xC3', 'latin1'),
    ]),
    'binary.bin': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 10, 10]),
    'utf16.txt': Buffer.from('\uFEFFworker\n', 'utf16le'),
    zeros: Buffer.alloc(20_000),
  });
  symlinkSync('sub', join(folder, 'link-to-folder'));
  symlinkSync('one-line.txt', join(folder, 'link-to-file'));
  symlinkSync('nowhere', join(folder, 'dangling-link'));
}
