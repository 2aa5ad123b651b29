/**
 * Whole programs, for what can only be seen from outside: when the process ends, with which code, and what it has printed by then.
 * Engines without a window only. `heddle` is the package; `worker` is a file beside the program, a worker that Heddle doesn't start.
 */
const later = (ms, what) => `() => new Promise(resolve => setTimeout(() => { ${what}; resolve(); }, ${ms}))`;

export const programs = [
  {
    name: 'the program ends only after its non-daemon threads',
    source: `new heddle.Thread(${later(300, "console.log('thread ends')")}).start(); console.log('main ends');`,
    stdout: 'main ends\nthread ends\n',
  },
  {
    name: 'the program does not wait for a daemon',
    source: `new heddle.Thread(${later(20_000, "console.log('never seen')")}, { daemon: true }).start(); console.log('main ends');`,
    stdout: 'main ends\n',
  },
  {
    name: 'a promise that waits in line holds the program open until it is served',
    source: `
      const lock = new heddle.Lock();
      lock.acquire();
      new heddle.Thread(lock => new Promise(resolve => setTimeout(() => { lock.release(); resolve(); }, 200)), { args: [lock], daemon: true }).start();
      await lock.acquireAsync();
      console.log('acquired');`,
    stdout: 'acquired\n',
  },
  {
    name: 'and until its timeout, and no longer',
    source: `
      const lock = new heddle.Lock();
      lock.acquire();
      console.log(await lock.acquireAsync({ timeout: 100 }));`,
    stdout: 'false\n',
  },
  {
    name: 'idle workers do not hold the program open',
    source: `
      const threads = Array.from({ length: 4 }, () => new heddle.Thread(() => 1).start());
      for (const thread of threads) thread.join();
      console.log('done');`,
    stdout: 'done\n',
  },
  {
    name: 'what a thread prints is seen while the main thread is blocked, and in order',
    source: `
      const thread = new heddle.Thread(() => { console.log('from the thread'); }).start();
      thread.join();
      console.log('from main');`,
    stdout: 'from the thread\nfrom main\n',
  },
  {
    name: 'process.exit() ends the program whatever its threads do',
    source: `
      const counter = new heddle.AtomicCounter();
      new heddle.Thread(counter => { for (;;) counter.increment(); }, { args: [counter] }).start();
      while (counter.value === 0) await new Promise(resolve => setTimeout(resolve, 1));
      process.exit(7);`,
    code: 7,
  },
  {
    name: 'an error in the main thread ends the program with code 1',
    source: `
      new heddle.Thread(() => new Promise(() => setTimeout(() => {}, 60_000))).start();
      throw new Error('main is broken');`,
    code: 1,
    stderr: 'main is broken',
  },
  {
    name: 'an uncaught error in a thread is printed with the name of the thread and ends nothing else',
    source: `
      new heddle.Thread(() => { throw new RangeError('broken'); }, { name: 'breaker' }).start().join();
      console.log('goes on');`,
    stdout: 'goes on\n',
    stderr: 'Exception in thread breaker:\nRangeError: broken',
  },
  {
    name: 'a worker that Heddle did not start joins with attach() and uses what it is sent',
    source: `
      const { Worker } = await import('node:worker_threads');
      const queue = new heddle.Queue();
      const lock = new heddle.Lock();
      lock.acquire();
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
        workerData: { handle: heddle.runtimeHandle(), packed: heddle.pack({ queue, lock }) },
      });
      console.log(await queue.getAsync({ timeout: 15_000 }));
      lock.release();
      console.log(await queue.getAsync({ timeout: 15_000 }));
      await worker.terminate();`,
    worker: `
      import { workerData } from 'node:worker_threads';
      import * as heddle from '@heddle/core';
      heddle.attach(workerData.handle);
      const { queue, lock } = heddle.unpack(workerData.packed);
      queue.put(lock.tryAcquire());
      lock.acquire({ timeout: 15_000 });
      queue.put(new heddle.Thread(n => n * 2, { args: [21] }).start().result({ timeout: 15_000 }));
      setInterval(() => {}, 1000);`,
    stdout: 'false\n42\n',
  },
  {
    name: 'a thread that uses up its maxHeapMiB has died of that, and the program goes on',
    source: `
      const hoard = new heddle.Thread(() => { const all = []; for (let n = 0; ; n++) all.push({ n, text: 'item ' + n }); }, { maxHeapMiB: 16 }).start();
      heddle.setExceptHook(() => {});
      try {
        await hoard.resultAsync({ timeout: 15_000 });
      } catch (error) {
        console.log(error.constructor.name, error.message.includes('out of memory'));
      }
      console.log(new heddle.Thread(() => 'goes on').start().result({ timeout: 15_000 }));`,
    stdout: 'ThreadDiedError true\ngoes on\n',
    cannot: {
      Bun: 'it has no heap limit for workers',
      Deno: 'it has no heap limit for workers',
    },
  },
];
