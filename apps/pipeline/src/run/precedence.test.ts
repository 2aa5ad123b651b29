import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { getPriority } = require('node:os');
  import(workerData).then(({ goLast }) => {
    const before = getPriority(0);
    goLast();
    parentPort.postMessage([before, getPriority(0)]);
  });
`;

test.runIf(process.platform === 'linux')('a thread that goes last takes no other thread along', async () => {
  const priority = getPriority(0);
  const worker = new Worker(program, {
    eval: true,
    workerData: new URL('./precedence.ts', import.meta.url).href,
  });
  const [[before, after]] = (await once(worker, 'message')) as [[number, number]];
  expect(before).toBe(priority);
  expect(after).toBe(Math.min(priority + 10, 19));
  expect(getPriority(0)).toBe(priority);
  await worker.terminate();
});
