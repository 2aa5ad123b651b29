/** Installs the built packages as their users get them: packed, and unpacked into `node_modules`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sourceOf = name => fileURLToPath(new URL(`../packages/${name}`, import.meta.url));

/** The compiler is told to leave its helpers out (`noEmitHelpers`): a file that calls one would fail where the line is reached. */
function assertNoHelpers(source) {
  for (const file of readdirSync(`${source}/dist`, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(`${source}/dist/${file}`, 'utf8');
    for (const [call, helper] of text.matchAll(/\b(__[a-z]\w+)\(/g)) {
      // The bundler declares its own, or imports them.
      if (new RegExp(`\\b(?:var|let|const|function|as|import \\{.*) ${helper}\\b`).test(text)) continue;
      throw new Error(`dist/${file} has ${call}…), a helper of the compiler's, which isn't there`);
    }
  }
}

/** Packs what is in the `dist` of the package `@heddle/NAME` now into a tarball in `folder`, and returns its path. */
export function pack(name, folder) {
  const source = sourceOf(name);
  assertNoHelpers(source);
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: source,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  return `${folder}/${filename.replace('@', '').replace('/', '-')}`;
}

/** Unpacks the tarball as `folder/node_modules/@heddle/NAME`. What the package depends on is among the dependencies of `folder`. */
export function install(name, tarball, folder) {
  const target = `${folder}/node_modules/@heddle/${name}`;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
}
