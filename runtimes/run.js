/**
 * Runs the suite on every engine and in every browser and prints a table. Every scenario runs in a process or a page of its own, with a time after
 * which it is killed.
 *
 *     node run.js [--engine NAME]… [--only TEXT]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browsers, openPage, runInBrowser } from './browsers.js';
import { runBounded } from './child.js';
import { engines, environment } from './engines.js';
import { install, pack } from './install.js';

const TIMEOUT_MS = 20_000;
const here = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true },
    only: { type: 'string', default: '' },
  },
});

install(pack(`${here}/node_modules/.packed`), here);
const { scenarios } = await import('./suite/scenarios.js');
const { windowScenarios } = await import('./suite/window.js');

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
  row.cannot = scenarios.filter(each => each.cannot?.[engine] !== undefined && chosen(each)).length;
  row.seconds = Math.round((performance.now() - began) / 1000);
  failed += row.failed;
  table.push(row);
}

const wanted = engine => values.engine === undefined || values.engine.includes(engine.name);
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

for (const engine of engines.filter(wanted)) {
  await measured(engine.name, async outcome => {
    for (const [number, scenario] of scenarios.entries()) {
      if (possible(scenario, engine))
        outcome({ name: scenario.name, ...(await onCommandLine(engine, number)) });
    }
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

console.table(table);
if (failed > 0) process.exitCode = 1;
