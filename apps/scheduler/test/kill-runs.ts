// `npm run kill-test`: kills the scheduler many times and prints the accounts.
//
//   npm run kill-test --workspace apps/scheduler -- --runs 50 [--seed 1]

import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { killAgainAndAgain } from './kill.ts';
import { temporaryFolder } from './program.ts';
import { seeded } from './random.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const folder = temporaryFolder();
console.log(`seed ${seed}`);
const { kills, due, finished, executions, repeated, problems } = await killAgainAndAgain(
  folder,
  Number(values.runs),
  seeded(seed),
);
console.log(`${kills} times kill -9`);
console.log(`${due} runs were due, ${finished} are recorded as finished`);
console.log(`${executions} times a function began: ${repeated} runs were interrupted and began again`);
for (const problem of problems.slice(0, 20)) console.log(problem);
console.log(
  problems.length === 0
    ? 'nothing lost, nothing repeated that was recorded as finished'
    : `${problems.length} problems; left in ${folder}`,
);
if (problems.length === 0) rmSync(folder, { recursive: true });
process.exitCode = problems.length === 0 ? 0 : 1;
