/** What `footprint.ts` starts: prints how many bytes one of what its argument names weighs. */
import * as core from '@heddle/core';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const what = process.argv[2]!;
const collect = (globalThis as unknown as { gc: () => void }).gc;

/** The mean growth of `memory` by each of `count` things, which are kept. */
function growth(count: number, memory: () => number, make: (n: number) => unknown): number {
  const kept: unknown[] = [make(-1)];
  const before = memory();
  for (let n = 0; n < count; n++) kept.push(make(n));
  const bytes = (memory() - before) / count;
  if (kept.length !== count + 1) throw new Error('nothing was kept');
  return bytes;
}

const shared = (): number => core.memoryUsage().used;

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

async function threads(count: number): Promise<number> {
  const start = async (): Promise<void> => {
    const thread = new core.Thread(
      (event: core.Event) => {
        event.wait();
      },
      { args: [stop], daemon: true },
    ).start();
    await thread.started;
  };
  const stop = new core.Event();
  await start();
  const before = process.memoryUsage.rss();
  for (let n = 0; n < count; n++) await start();
  return (process.memoryUsage.rss() - before) / count;
}

async function workers(count: number): Promise<number> {
  const start = async (): Promise<void> => {
    const source = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => {}); parentPort.postMessage(0)`;
    await once(new Worker(source, { eval: true }), 'message');
  };
  await start();
  const before = process.memoryUsage.rss();
  for (let n = 0; n < count; n++) await start();
  return (process.memoryUsage.rss() - before) / count;
}

async function actors(count: number): Promise<number> {
  const { ActorSystem } = await import('@heddle/actors');
  const system = new ActorSystem({ threads: 0 });
  let heard = 0;
  const before = heap();
  const kept = Array.from({ length: count }, () =>
    system.spawn(() => () => {
      heard += 1;
    }),
  );
  for (const actor of kept) actor.tell('first');
  while (heard < count) await new Promise(resolve => setImmediate(resolve));
  return (heap() - before) / kept.length;
}

const PRIMITIVES: Readonly<Record<string, () => unknown>> = {
  Lock: () => new core.Lock(),
  RLock: () => new core.RLock(),
  Condition: () => new core.Condition(),
  Semaphore: () => new core.Semaphore(),
  Event: () => new core.Event(),
  Barrier: () => new core.Barrier(2),
  CountDownLatch: () => new core.CountDownLatch(1),
  AtomicCounter: () => new core.AtomicCounter(),
  RWLock: () => new core.RWLock(),
  Queue: () => new core.Queue(),
};

async function weigh(): Promise<number> {
  const primitive = PRIMITIVES[what];
  if (primitive !== undefined) return growth(2000, shared, primitive);
  const queue = new core.Queue<object>();
  switch (what) {
    case 'message of four fields':
      return growth(20_000, shared, id => queue.put({ id, type: 'resize', args: [id, 1], key: 'user-4711' }));
    case 'thread':
      return threads(16);
    case 'raw worker':
      return workers(16);
    case 'actor':
      return actors(20_000);
    default:
      throw new Error(`nothing is known of ${JSON.stringify(what)}`);
  }
}

console.log(Math.round(await weigh()));
process.exit();
