/**
 * Makes what the site consists of besides its pages: the reference, from doc comments; pages from documents that stand elsewhere in the repository;
 * drawings and plots. All of it is left out of git.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBorrowedPages } from './borrowed.js';
import { writeDrawings } from './drawings.js';
import { writePlots, writeSummary } from './plots.js';

const docs = fileURLToPath(new URL('..', import.meta.url));
const typedoc = join(dirname(createRequire(import.meta.url).resolve('typedoc/package.json')), 'bin/typedoc');

rmSync(join(docs, 'generated'), { recursive: true, force: true });
mkdirSync(join(docs, 'generated'), { recursive: true });
writeDrawings(join(docs, 'generated'));
writePlots(join(docs, 'generated'));
writeSummary(join(docs, 'generated'));
writeBorrowedPages(docs);
if (!process.argv.includes('--without-api')) {
  rmSync(join(docs, 'pages/api'), { recursive: true, force: true });
  execFileSync(process.execPath, [typedoc], { cwd: docs, stdio: 'inherit' });
}
