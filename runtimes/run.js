/**
 * Runs the suite on every engine and in every browser and prints a table. Every scenario runs in a process or a page of its own, with a time after
 * which it is killed.
 *
 *     node run.js [--engine NAME]… [--skip NAME]… [--only TEXT]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browsers, missing, openPage, runInBrowser } from './browsers.js';
import { runBundlers } from './bundlers/bundlers.js';
import { runBounded } from './child.js';
import { engines, environment } from './engines.js';
import { install, pack } from './install.js';
import * as wholes from './suite/programs.js';

/** Many times what a scenario takes. */
const TIMEOUT_MS = 30_000;
/** Processes that run together, so that both cores of a small machine have work. */
const AT_A_TIME = 2;
const here = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true },
    skip: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: '' },
  },
});

// Vite's cache would hold on to the package as it was.
rmSync(`${here}/node_modules/.bundled`, { recursive: true, force: true });
for (const name of ['core', 'actors']) install(name, pack(name, `${here}/node_modules/.packed`), here);
const { scenarios } = await import('./suite/every.js');
const { windowScenarios } = await import('./suite/window.js');

const programs = wholes.programs.map(each => ({ ...each, name: `program: ${each.name}` }));
const table = [];
let failed = 0;

/** Runs what `run` runs, and adds a line to the table. `run` calls what it is given with each outcome. */
async function measured(engine, run) {
  const row = { engine, passed: 0, failed: 0, cannot: 0, seconds: 0 };
  const began = performance.now();
  await run(({ name, ok, error, note }) => {
    row[ok ? 'passed' : 'failed'] += 1;
    if (note !== undefined) console.log(`${engine}: ${name}: ${note}`);
    if (!ok) console.log(`✗ ${engine}: ${name}\n${error.replace(/^/gm, '    ')}`);
  });
  row.cannot = [...scenarios, ...programs].filter(
    each => each.cannot?.[engine] !== undefined && chosen(each),
  ).length;
  row.seconds = Math.round((performance.now() - began) / 1000);
  failed += row.failed;
  table.push(row);
}

const wanted = ({ name }) =>
  !values.skip.includes(name) && (values.engine === undefined || values.engine.includes(name));
const chosen = scenario => scenario.name.includes(values.only);
const possible = (scenario, engine) =>
  chosen(scenario) &&
  scenario.cannot?.[engine.name] === undefined &&
  (scenario.only === undefined || scenario.only.includes(engine.name));

async function onCommandLine(engine, number) {
  const [command, ...options] = engine.command;
  const args = [...options, `${here}/suite/cli.js`, String(number)];
  const ended = await runBounded(command, args, { timeout: TIMEOUT_MS, env: environment, cwd: here });
  const line = ended.stdout.split('\n').find(each => each.startsWith('\u0001'));
  const told = line === undefined ? { ok: false, error: 'it told nothing' } : JSON.parse(line.slice(1));
  const end = ended.code === undefined ? 'the process had to be killed' : `exit code ${ended.code}`;
  if (told.ok && ended.code === 0) return told;
  return {
    ok: false,
    error: `${told.error ?? 'it passed, but'}\n${end}\n${ended.stdout}${ended.stderr}`.trim(),
  };
}

async function runProgram(engine, program, number) {
  const folder = `${here}/node_modules/.programs/${number}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/program.mjs`, `import * as heddle from '@heddle/core';\n${program.source}\n`);
  if (program.worker !== undefined) writeFileSync(`${folder}/worker.mjs`, program.worker);
  const [command, ...options] = engine.command;
  const args = [...options, `${folder}/program.mjs`];
  const ended = await runBounded(command, args, { timeout: TIMEOUT_MS, env: environment, cwd: here });
  const wrong = [];
  if (ended.code === undefined) wrong.push('the process had to be killed');
  else if (ended.code !== (program.code ?? 0))
    wrong.push(`exit code ${ended.code}, not ${program.code ?? 0}`);
  if (ended.stdout !== (program.stdout ?? ''))
    wrong.push(`it did not print ${JSON.stringify(program.stdout ?? '')}`);
  if (!ended.stderr.includes(program.stderr ?? ''))
    wrong.push(`it did not report ${JSON.stringify(program.stderr)}`);
  return { ok: wrong.length === 0, error: `${wrong.join(', ')}\n${ended.stdout}${ended.stderr}`.trim() };
}

for (const engine of engines.filter(wanted)) {
  await measured(engine.name, async outcome => {
    const jobs = [];
    for (const [number, scenario] of scenarios.entries()) {
      if (possible(scenario, engine)) jobs.push([scenario.name, () => onCommandLine(engine, number)]);
    }
    for (const [number, program] of programs.entries()) {
      if (possible(program, engine)) jobs.push([program.name, () => runProgram(engine, program, number)]);
    }
    const next = jobs.values();
    const lane = async () => {
      for (const [name, job] of next) outcome({ name, ...(await job()) });
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  });
}

const NOT_ISOLATED =
  'page: without cross-origin isolation it can be imported, and using it names the missing headers';
for (const browser of browsers.filter(wanted)) {
  await measured(browser.name, async outcome => {
    const names = [...scenarios, ...windowScenarios]
      .filter(each => possible(each, browser) && each.blocking !== true)
      .map(each => each.name);
    await runInBrowser(browser, here, names, outcome);
    if (NOT_ISOLATED.includes(values.only))
      outcome({ name: NOT_ISOLATED, ...(await openPage(browser, here, '/plain')) });
  });
}

const bundlersToRun = name => wanted({ name }) && name.includes(values.only);
if (browsers.length > 0) {
  for (const name of ['Vite build', 'Vite dev', 'webpack', 'esbuild']) {
    if (!bundlersToRun(name)) continue;
    await measured(name, outcome =>
      runBundlers(
        browsers[0],
        `${here}/bundlers/app`,
        `${here}/node_modules/.bundled`,
        each => each === name,
        outcome,
      ),
    );
  }
}

console.table(table);
// On a developer's machine a browser may be missing; in CI nobody reads what was left out.
const inCI = !['', '0', 'false', undefined].includes(process.env.CI);
const absent = missing.filter(wanted);
for (const { name, path } of absent)
  console.log(`${inCI ? '✗ ' : ''}${name} is not installed (${path}) and was left out.`);
if (failed > 0 || (inCI && absent.length > 0)) process.exitCode = 1;
