/**
 * Rehearses releases: raises versions and publishes, with the real commands, from a scratch clone into a registry on this machine, and installs the result
 * as users do. Three times: the first release; a fix in core alone; and a release of core that its dependants' ranges don't include.
 *
 *     node check.js [--only TEXT] [--keep]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { consumers } from './consumers.js';
import { installed, npm, project } from './project.js';
import { published, startRegistry } from './registry.js';
import { addChangeset, cloneInto, commit, publicPackages } from './scratch.js';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const folder = mkdtempSync(join(tmpdir(), 'heddle-release-'));
const clone = join(folder, 'clone');
let failed = 0;

const registry = await startRegistry(join(folder, 'registry'));
try {
  cloneInto(root, clone);
  const names = [...publicPackages(clone).keys()];
  const dependants = [...publicPackages(clone).values()].filter(
    ({ dependencies }) => dependencies?.['@heddle/core'],
  );

  await step('first release', async () => {
    release('The first release');
    const versions = await latest(names);
    for (const [name, version] of Object.entries(versions))
      if (version === undefined) throw new Error(`${name} was not published`);
    const tags = execFileSync('git', ['tag'], { cwd: clone, encoding: 'utf8' }).split('\n');
    for (const [name, version] of Object.entries(versions))
      if (!tags.includes(`${name}@${version}`))
        throw new Error(`${name}@${version} has no tag: ${tags.join(' ')}`);
    return describe(versions);
  });
  for (const [name, consume] of Object.entries(consumers)) {
    if (!name.includes(values.only)) continue;
    await step(name, () => consume(join(folder, 'users', name.replaceAll(/\W+/g, '-')), registry));
  }

  const user = project(join(folder, 'users/faithful'), registry, ['@heddle/core', '@heddle/actors']);
  await step('a fix in core alone', async () => {
    const before = await latest(names);
    addChangeset(clone, '@heddle/core', 'patch', 'Mend something.');
    release('A fix');
    const after = await latest(names);
    expectEqual(after['@heddle/core'], raised(before['@heddle/core'], 2), 'core');
    // Their ranges include the fix, so there is nothing to publish, and everybody gets it.
    for (const { name } of dependants) expectEqual(after[name], before[name], name);
    npm(user, 'update', '--silent');
    expectEqual(installed(user, '@heddle/core').join(), after['@heddle/core'], 'core of one who updates');
    const fresh = project(join(folder, 'users/fresh'), registry, ['@heddle/actors']);
    expectEqual(
      installed(fresh, '@heddle/core').join(),
      after['@heddle/core'],
      'core of one who installs the actors',
    );
    const log = readFileSync(join(user, 'node_modules/@heddle/core/CHANGELOG.md'), 'utf8');
    if (!log.includes('Mend something.')) throw new Error(`the changelog doesn't tell: ${log.slice(0, 200)}`);
    return describe(after);
  });

  await step('a new core, beyond the ranges of its dependants', async () => {
    const before = await latest(names);
    addChangeset(clone, '@heddle/core', 'minor', 'Add something.');
    release('A new core');
    const after = await latest(names);
    expectEqual(after['@heddle/core'], raised(before['@heddle/core'], 1), 'core');
    for (const { name } of dependants) {
      expectEqual(after[name], raised(before[name], 2), name);
      const { versions } = await published(registry.url, name);
      expectEqual(
        versions[after[name]].dependencies['@heddle/core'],
        `^${after['@heddle/core']}`,
        `${name}'s range`,
      );
    }
    const fresh = project(join(folder, 'users/later'), registry, ['@heddle/core', '@heddle/actors']);
    expectEqual(installed(fresh, '@heddle/core').join(), after['@heddle/core'], 'core beside the actors');
    return describe(after);
  });
} finally {
  await registry.close();
  if (values.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
console.log(failed === 0 ? 'The release can be made.' : `${failed} failed`);
if (failed > 0) process.exitCode = 1;

async function step(name, run) {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    console.log(`✓ ${name}: ${await run()} (${seconds()})`);
  } catch (error) {
    failed += 1;
    console.log(`✗ ${name} (${seconds()}): ${error.stderr ?? ''}${error.stack}`);
  }
}

/** `npm run release:version`, a commit, `npm run release:publish`. */
function release(message) {
  inClone('run', 'release:version');
  commit(clone, message);
  inClone('run', 'release:publish');
}

function inClone(...args) {
  const env = {
    ...process.env,
    CI: 'true',
    NPM_CONFIG_USERCONFIG: registry.npmrc,
    npm_config_registry: registry.url,
    // As on a machine that has no identity of its own; scratch.js gives the clone one, as the workflow does.
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  delete env.GITHUB_REPOSITORY;
  execFileSync('npm', args, { cwd: clone, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function latest(names) {
  const found = await Promise.all(
    names.map(async name => [name, (await published(registry.url, name))?.['dist-tags'].latest]),
  );
  return Object.fromEntries(found);
}

function describe(versions) {
  return Object.entries(versions)
    .map(([name, version]) => `${name.replace('@heddle/', '')} ${version}`)
    .join(', ');
}

function raised(version, place) {
  const parts = version.split('.').map(Number);
  parts[place] += 1;
  return [...parts.slice(0, place + 1), 0, 0].slice(0, 3).join('.');
}

function expectEqual(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} in place of ${expected}`);
}
