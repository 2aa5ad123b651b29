// Checks the package in the current folder as npm would pack it: what publint and attw don't look at. Nothing that users can't use is in it, no
// link leads nowhere, nor does a source map, and it is no larger than `size-budgets.json` allows.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { measure } from './bundle-size.js';

const NOT_FOR_USERS =
  /\.(test|test-d|fixture|stress|setup|scenarios|browser\.test)\.ts$|\.tsbuildinfo$|^(test|test-results)\//;
const OWED = ['LICENSE', 'README.md', 'package.json'];

const { status, stdout, stderr, error } = spawnSync(
  'npm',
  ['pack', '--dry-run', '--json', '--ignore-scripts'],
  {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  },
);
if (status !== 0) throw error ?? new Error(stderr);
const [{ files, size, unpackedSize }] = JSON.parse(stdout);
const packed = new Set(files.map(file => file.path));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const problems = [];

for (const path of OWED) if (!packed.has(path)) problems.push(`${path} is missing`);
for (const path of packed) if (NOT_FOR_USERS.test(path)) problems.push(`${path} is of no use to users`);
for (const path of packed) {
  if (path.endsWith('.map')) checkMap(path);
  else if (/\.(js|d\.ts)$/.test(path)) checkReferences(path);
  else if (/^[^/]*\.md$/.test(path)) checkLinks(path);
}
for (const field of ['description', 'keywords', 'license', 'engines', 'files', 'exports']) {
  if (manifest[field] === undefined) problems.push(`package.json says nothing of ${field}`);
}
// `changeset version` writes it; until the first release there is none.
if (!manifest.files?.includes('CHANGELOG.md')) problems.push('files leaves out CHANGELOG.md');
for (const path of manifest.sideEffects ?? []) {
  const folder = posix.dirname(path.slice(2).replace(/\*.*/, '*'));
  const known = path.includes('*')
    ? [...packed].some(file => file.startsWith(folder))
    : packed.has(path.slice(2));
  if (!known) problems.push(`sideEffects names ${path}, which isn't packed`);
}

const budgets = JSON.parse(readFileSync(new URL('./size-budgets.json', import.meta.url), 'utf8'));
for (const { program, external = [], gzipKiB } of budgets[manifest.name] ?? []) {
  const kib = (await measure(program, external)) / 1024;
  const line = `${kib.toFixed(1).padStart(7)} KiB of ${gzipKiB} (minified, gzip)  ${program}`;
  console.log(line);
  if (kib > gzipKiB) problems.push(`over its budget: ${line.trim()}`);
}

console.log(
  `${manifest.name}: ${packed.size} files, ${(size / 1024).toFixed(0)} KiB packed, ${(unpackedSize / 1024).toFixed(0)} KiB unpacked`,
);
for (const problem of problems) console.error(`${manifest.name}: ${problem}`);
if (problems.length > 0) process.exitCode = 1;

/** Every source of a map is in the package too, so that a debugger finds it. */
function checkMap(path) {
  const { sources, sourceRoot } = JSON.parse(readFileSync(path, 'utf8'));
  for (const source of sources) {
    const target = posix.join(posix.dirname(path), sourceRoot ?? '', source);
    if (!packed.has(target)) problems.push(`${path} points to ${target}, which isn't packed`);
  }
}

/** What a file names relative to itself is there: its map, and the modules that it imports. */
function checkReferences(path) {
  const text = readFileSync(path, 'utf8');
  const map = /^\/\/# sourceMappingURL=(.+)$/m.exec(text)?.[1];
  const imported = [...text.matchAll(/^\s*(?:import|export)\b[^'"\n]*?['"](\.{1,2}\/[^'"]+)['"]/gm)].map(
    match => match[1],
  );
  for (const reference of [...(map ? [map] : []), ...imported]) {
    const target = posix.join(posix.dirname(path), reference);
    // A declaration names its neighbours as what they are at run time.
    const candidates = [target, target.replace(/\.[jt]s$/, '.d.ts')];
    if (!candidates.some(candidate => packed.has(candidate)))
      problems.push(`${path} names ${reference}, which isn't packed`);
  }
}

/** The relative links of a document lead somewhere: npm's page follows them into the repository. */
function checkLinks(path) {
  const prose = readFileSync(path, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  for (const [, target] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(target) || existsSync(posix.join(posix.dirname(path), target))) continue;
    problems.push(`${path} links to ${target}, which does not exist`);
  }
}
