/**
 * esbuild follows no `new Worker(…)`, so Heddle's worker is an entry point of its own, beside the chunk with the package in it. `splitting` puts the
 * package into one chunk for both.
 */
import { cpSync } from 'node:fs';
import { build } from 'esbuild';

export async function esbuildBuild(root, outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: { main: './main.js', worker: '@heddle/core/worker' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    outdir,
    logLevel: 'error',
  });
  cpSync(`${root}/index.html`, `${outdir}/index.html`);
}
