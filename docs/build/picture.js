/** The picture in the READMEs: a drawing with colours of its own, since it stands in pages that aren't ours. `node build/picture.js` writes it. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawings } from '../drawings/all.js';

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11.5px; } .soft { fill: #59636e; }
.box { fill: #f6f8fa; stroke: #8c959f; } .hot { fill: #dcefeb; stroke: #17685c; } .warm { fill: none; stroke: #a4550d; }
.line { fill: none; stroke: #59636e; stroke-width: 1.4; } .tip { fill: #59636e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .soft { fill: #9198a1; }
  .box { fill: #151b23; stroke: #656c76; } .hot { fill: #1c3b37; stroke: #7fd1c3; } .warm { stroke: #f0a35e; }
  .line { stroke: #9198a1; } .tip { fill: #9198a1; }
}`;

export const picture = drawings.threads.replace('<defs>', `<style>${STYLE}</style><defs>`);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../pages/public/heddle.svg', import.meta.url), picture);
}
