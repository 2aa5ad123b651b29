/** The projects of users: empty folders into which something is installed. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The versions of tools that this repository uses. */
export const tools = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).devDependencies;
export const at = (name, version = tools[name]) => `${name}@${version}`;

/** An empty project with these packages. */
export function project(folder, registry, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  copyFileSync(registry.npmrc, join(folder, '.npmrc'));
  npm(folder, 'install', '--silent', '--no-audit', '--save-exact=false', ...packages);
  return folder;
}

/** npm hands its own settings down, the outer registry among them; users have their own. */
export function environment(more = {}) {
  const env = { ...process.env, NODE_ENV: '' };
  for (const name of Object.keys(env)) if (/^npm_config_/i.test(name)) delete env[name];
  return { ...env, ...more };
}

export function npm(folder, ...args) {
  return execFileSync('npm', args, {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** All installed versions of a package in a project. */
export function installed(folder, name) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version);
}

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

export const resolutions = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** Writes the files and compiles them, strictly, into `out`. */
export function compile(folder, files, options) {
  const strict = {
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    types: ['node'],
    strict: true,
    rootDir: '.',
    outDir: 'out',
  };
  const config = { compilerOptions: { ...strict, ...options }, include: ['**/*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const [file, content] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  execFileSync(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    stdio: 'inherit',
  });
}
