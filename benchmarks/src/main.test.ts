import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(`${tmpdir()}/heddle-bench-`);
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 50_000 });
}

test('an unknown subject is refused with the names of those that there are', () => {
  const { status, stderr, stdout } = bench('--only', 'lock,nosuch');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(
    'there is no subject "nosuch"; there are lock, hand-off, queue, records, sizes, crowd, waiters, thread, start-up, executor, comlink, actors, population, timers, scaling, footprint',
  );
});

test.each([
  [['--rounds', '0'], '--rounds must be a whole number from 1, got "0"'],
  [['--check', 'twice'], '--check must be a number from 1, got "twice"'],
  [['--nosuch'], "Unknown option '--nosuch'"],
  [['--json', 'no/such/file.json'], '--json no/such/file.json: there is no folder '],
  [['--record', 'no/such'], '--record no/such: there is no folder '],
])('%j is refused', (args, message) => {
  const { status, stderr } = bench(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('a run prints the table, writes JSON, and exits with 0 whatever bars it misses', () => {
  const json = `${folder}/lock.json`;
  const { status, stdout, stderr } = bench('--smoke', '--only', 'lock', '--json', json);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Node \d+\.\d+\.\d+ \(V8 .*\), /);
  expect(stdout).toMatch(
    /acquire, release +[\d.]+ ns acquire +[\d.]+ ns raw +[\d.]+ × .* ≤ 0\.8 × +(met|missed)/,
  );
  const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: Array<Record<string, unknown>> };
  const acquire = rows.find(row => row['what'] === 'acquire, release');
  expect(acquire).toMatchObject({ subject: 'lock', bar: { atMost: 0.8 }, ourRounds: [expect.any(Number)] });
  expect(rows.find(row => row['verdict'] === 'no bar')).toMatchObject({ bar: null });
});

test('each subject is recorded in a file of its own, with its rows and weights and no other’s', () => {
  const { status, stderr } = bench('--smoke', '--only', 'scaling,footprint', '--record', folder);
  expect([status, stderr]).toEqual([0, '']);
  const [scaling, footprint] = ['scaling', 'footprint'].map(
    name =>
      JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as {
        rows: Array<{ subject: string }>;
        weights: Array<{ what: string; bytes: number }>;
      },
  );
  expect(new Set(scaling!.rows.map(row => row.subject))).toEqual(new Set(['scaling']));
  expect([scaling!.weights, footprint!.rows]).toEqual([[], []]);
  expect(footprint!.weights.find(({ what }) => what === 'Lock')?.bytes).toBeGreaterThan(0);
  expect(readFileSync(`${folder}/DATE`, 'utf8')).toMatch(/^\d{4}-\d\d-\d\d\n$/);
});

test('a factor to check by that no figure can miss lets the run pass', () => {
  expect(bench('--smoke', '--only', 'lock', '--check', '1000').status).toBe(0);
});

test('a ratio that is much worse than the recorded one fails the check, and says what was recorded', () => {
  const recorded = JSON.parse(readFileSync(new URL('../results/lock.json', import.meta.url), 'utf8')) as {
    rows: Array<{ what: string; ratio: { median: number } }>;
  };
  // As if it had been a million times as fast.
  for (const row of recorded.rows) row.ratio.median /= 1e6;
  writeFileSync(`${folder}/lock.json`, JSON.stringify(recorded));
  const { status, stderr } = bench('--smoke', '--only', 'lock', '--check', '2', '--baseline', folder);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /lock, acquire, release: [\d.]+ × raw .* is worse than the recorded ≤ [\d.e-]+ × by more than a factor of 2/,
  );
  expect(stderr).toContain('it is measured once more');
  expect(stderr).toMatch(/acquire, release: .*, 3 times in a row/);
});

test('without --check a baseline is refused', () => {
  const { status, stderr } = bench('--baseline', folder);
  expect(status).toBe(2);
  expect(stderr).toContain('--baseline is of use only with --check');
});
