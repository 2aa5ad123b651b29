// `npm run load`: a hundred thousand jobs of which a thousand are due each second. How long does the scheduler take to start, how late do runs begin, and what
// does it need?
//
//   npm run load --workspace apps/scheduler -- [--jobs 100000] [--rate 1000] [--seconds 30]

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { JobDatabase, checkJobs } from '../src/command/database.ts';
import { serve, temporaryFolder } from './program.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    lead: { type: 'string', default: '30' },
    workers: { type: 'string', default: '4' },
  },
});
const jobs = Number(values.jobs);
const rate = Number(values.rate);
const seconds = Number(values.seconds);

const folder = temporaryFolder();
const db = join(folder, 'load.db');
const every = (jobs / rate) * 1000;
const begin = Date.now();
/** They begin when all are stored and the scheduler is up. */
const first = begin + Number(values.lead) * 1000;
const database = new JobDatabase(db, 'create');
for (let from = 0; from < jobs; from += 10_000) {
  const batch = Array.from({ length: Math.min(10_000, jobs - from) }, (_, index) => ({
    id: `job-${from + index}`,
    schedule: { every, startAt: Math.round(first + ((from + index) * 1000) / rate) },
    run: { module: 'nothing.js', args: { number: from + index } },
  }));
  database.add(checkJobs(batch), false);
}
// As if they had been added long ago: the scheduler has no word to take of them.
database.clearRequests();
database.close();
const adding = Date.now() - begin;

const starting = performance.now();
const served = await serve(['--db', db, '--workers', values.workers], { timeout: 600_000 });
const ready = performance.now() - starting;
const { pid } = served.child;
const memory = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024;
const cpu = (): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
if (Date.now() > first)
  console.log(`not ready when the first jobs were due: use a longer --lead than ${values.lead}`);
const atStart = memory('VmRSS');
await new Promise(resolve => setTimeout(resolve, Math.max(0, first - Date.now())));
const cpuBefore = cpu();
await new Promise(resolve => setTimeout(resolve, seconds * 1000));
const cpuShare = (cpu() - cpuBefore) / seconds;
const state = (await (await served.get('api/state')).json()) as {
  lateness: { count: number; p50: number; p99: number; max: number };
};
const { lateness } = state;
const peak = memory('VmHWM');
const ended = await served.stop();
if (process.env['HEDDLE_SHOW'] !== undefined) console.log(ended.stderr.slice(-1500));
rmSync(folder, { recursive: true });

const megabytes = (value: number): string => `${Math.round(value)} MiB`;
console.log(
  `jobs                        ${jobs.toLocaleString('en')}, added in ${(adding / 1000).toFixed(1)} s`,
);
console.log(`start-up until ready        ${(ready / 1000).toFixed(2)} s`);
console.log(`firings per second          ${(lateness.count / seconds).toFixed(0)} (asked for ${rate})`);
console.log(
  `late by (last 10,000)       p50 ${lateness.p50} ms, p99 ${lateness.p99} ms, at most ${lateness.max} ms`,
);
console.log(`processor                   ${cpuShare.toFixed(2)} cores`);
console.log(`memory                      ${megabytes(atStart)} at start, ${megabytes(peak)} at most`);
