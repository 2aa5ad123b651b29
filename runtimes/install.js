/** Installs the built `@heddle/core` as its users get it: packed, and unpacked into `node_modules`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const core = fileURLToPath(new URL('../packages/core', import.meta.url));

/** The compiler is told to leave its helpers out (`noEmitHelpers`): a file that calls one would fail where the line is reached. */
function assertNoHelpers() {
  for (const file of readdirSync(`${core}/dist`, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(`${core}/dist/${file}`, 'utf8');
    for (const [call, helper] of text.matchAll(/\b(__[a-z]\w+)\(/g)) {
      // The bundler declares its own, or imports them.
      if (new RegExp(`\\b(?:var|let|const|function|as|import \\{.*) ${helper}\\b`).test(text)) continue;
      throw new Error(`dist/${file} has ${call}…), a helper of the compiler's, which isn't there`);
    }
  }
}

/** Packs what is in `dist` now into a tarball in `folder`, and returns its path. */
export function pack(folder) {
  assertNoHelpers();
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: core,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  return `${folder}/${filename.replace('@', '').replace('/', '-')}`;
}

/** Unpacks the tarball as `folder/node_modules/@heddle/core`. */
export function install(tarball, folder) {
  const target = `${folder}/node_modules/@heddle/core`;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
}
