// npm run kill-test --workspace apps/pipeline -- --runs 50 [--seed N]
//
// Kills two streams (TCP, HTTP and a followed file into SQLite; the same file into NDJSON) that many times each at random moments, while
// senders go on sending, and compares what was sent with what is stored. Fails if anything was lost or stored twice.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { killRuns } from './kill.ts';
import { CLI } from './program.ts';
import { random } from './random.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

if (!existsSync(CLI)) throw new Error(`${CLI} is missing: npm run build first`);
const next = random(Number(values.seed));
console.log(`${values.runs} kills of each stream, seed ${values.seed}`);
const started = performance.now();
const { sent, stored, kills, problems } = await killRuns({
  kills: Number(values.runs),
  random: () => next(1_000_000) / 1_000_000,
  log: text => console.log(text),
});
console.log(`${kills} kills in ${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log('sent:  ', JSON.stringify(sent));
console.log('stored:', JSON.stringify(stored));
console.log(problems.length === 0 ? 'Accounts agree: nothing lost, nothing twice.' : problems.join('\n'));
process.exit(problems.length === 0 ? 0 : 1);
