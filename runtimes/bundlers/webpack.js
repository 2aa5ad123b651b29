/**
 * webpack replaces `import.meta.url` by the path of the source file, which no browser can import, unless it is told to leave it alone and to write
 * modules. Then it follows no `new Worker(…)` either, so Heddle's worker is an entry point of its own.
 */
import { cpSync } from 'node:fs';
import webpack from 'webpack';

export async function webpackBuild(root, outdir) {
  const stats = await new Promise((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        context: root,
        entry: { main: './main.js', worker: '@heddle/core/worker' },
        target: ['web', 'es2022'],
        experiments: { outputModule: true },
        module: { parser: { javascript: { importMeta: false } } },
        output: { path: outdir, filename: '[name].js', module: true, clean: true, publicPath: '/' },
        performance: { hints: false },
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
  });
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  cpSync(`${root}/index.html`, `${outdir}/index.html`);
}
