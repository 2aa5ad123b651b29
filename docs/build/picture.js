/** The pictures in the READMEs: drawings with colours of their own, since they stand in pages that aren't ours. `node build/picture.js` writes them. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawings } from '../drawings/all.js';

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11.5px; } .mono { font-family: ui-monospace, monospace; } .soft { fill: #59636e; }
.box { fill: #f6f8fa; stroke: #8c959f; } .hot { fill: #dcefeb; stroke: #17685c; } .warm { fill: none; stroke: #a4550d; }
.line { fill: none; stroke: #59636e; stroke-width: 1.4; } .tip { fill: #59636e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .soft { fill: #9198a1; }
  .box { fill: #151b23; stroke: #656c76; } .hot { fill: #1c3b37; stroke: #7fd1c3; } .warm { stroke: #f0a35e; }
  .line { stroke: #9198a1; } .tip { fill: #9198a1; }
}`;

/** What stands where, by its path in the repository. */
export const pictures = Object.fromEntries(
  Object.entries({
    'docs/pages/public/heddle.svg': drawings.threads,
    'packages/core/queue.svg': drawings.queue,
    'packages/actors/supervision.svg': drawings.supervision,
    'packages/check/interleaving.svg': drawings.interleaving,
    'apps/pipeline/stages.svg': drawings.stages,
  }).map(([path, drawing]) => [path, drawing.replace('<defs>', `<style>${STYLE}</style><defs>`)]),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, picture] of Object.entries(pictures))
    writeFileSync(new URL(`../../${path}`, import.meta.url), picture);
}
