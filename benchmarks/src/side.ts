/** Entry of a side's process: reads a number of operations a line, does a round, writes its `Answer`. */
import { createInterface } from 'node:readline';
import type { ConfiguredSide, Side, Subject } from './harness.ts';

const [url, workload, label] = process.argv.slice(2) as [string, string, string];
const { default: subject } = (await import(url)) as { default: Subject };
const side = subject[workload]!.sides[label]! as Extract<Side, () => unknown> | ConfiguredSide;
const round = await ('env' in side ? side.prepare() : side());

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await round(Number(line));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
// Workers that wait for the next round would keep it alive.
process.exit();
