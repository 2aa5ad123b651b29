// npm run interrupt-test --workspace apps/pipeline -- --runs 100 [--folder PATH] [--workers N] [--seed N]
//
// Interrupts that many runs, each at a random moment between its start and its end. Every second one goes on with the database
// that the one before has left. Prints what happened, and fails if anything isn't right.

import { existsSync } from 'node:fs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { interrupt, type InterruptedRun, removeDatabase } from './interruption.ts';
import { CLI, run, temporaryFolder } from './program.ts';
import { random } from './random.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    folder: { type: 'string', default: fileURLToPath(new URL('../../../node_modules', import.meta.url)) },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

if (!existsSync(CLI)) throw new Error(`${CLI} is missing: npm run build first`);
const runs = Number(values.runs);
const next = random(Number(values.seed));
const scratch = temporaryFolder();
const db = join(scratch, 'interrupt.db');
const args = ['--folder', values.folder, '--workers', values.workers];

const started = performance.now();
await run([...args, '--db', db, '--json']);
const wholeMs = performance.now() - started;
console.log(
  `a whole run takes ${wholeMs.toFixed(0)} ms; ${runs} runs of ${values.folder}, seed ${values.seed}`,
);

const all: InterruptedRun[] = [];
let failed = 0;
for (let i = 0; i < runs; i += 1) {
  if (i % 2 === 0) removeDatabase(db);
  const result = await interrupt(args, db, next(Math.ceil(wholeMs)));
  all.push(result);
  if (result.problems.length === 0) continue;
  failed += 1;
  console.log(`run ${i + 1}, interrupted after ${result.delayMs} ms:\n  ${result.problems.join('\n  ')}`);
}
rmSync(scratch, { recursive: true, force: true });

const during = all.filter(({ moment }) => moment === 'during');
const ends = during.map(({ endMs }) => endMs).sort((a, b) => a - b);
console.log(
  `${runs - failed} of ${runs} ended clean: ${during.length} interrupted (${during.filter(each => each.taken > 0).length} of them ` +
    `while files were read), ${all.filter(({ moment }) => moment === 'after').length} finished first, ` +
    `${all.filter(({ moment }) => moment === 'before').length} before the program had begun`,
);
if (ends.length > 0) {
  console.log(
    `from Ctrl-C to the end: median ${ends[ends.length >> 1]!.toFixed(0)} ms, longest ${ends.at(-1)!.toFixed(0)} ms`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
