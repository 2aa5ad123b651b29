/** A worker that somebody else started: it joins the runtime, uses what it is sent, and reports. */
import { parentPort, workerData } from 'node:worker_threads';
import { DummyThread, Lock, Thread, attach, currentThread, enumerate, unpack } from './index.ts';
import type { Queue, RuntimeHandle } from './index.ts';

const { handle, packed, early } = workerData as {
  handle: RuntimeHandle;
  packed: Uint8Array;
  early: boolean;
};

try {
  if (early) new Lock();
  attach(handle);
  const { lock, queue } = unpack(packed) as { lock: Lock; queue: Queue<unknown> };
  queue.put(lock.tryAcquire());
  // Blocks until the creator lets go.
  queue.put(lock.acquire({ timeout: 20_000 }));
  const me = currentThread();
  let refusal = '';
  try {
    me.join({ timeout: 10 });
  } catch (error) {
    refusal = (error as Error).name;
  }
  queue.put([me.name, me.daemon, me instanceof DummyThread && enumerate().includes(me), String(me), refusal]);
  queue.put(new Thread((n: number) => n * 2, { args: [21] }).start().result({ timeout: 20_000 }));
  // Waits until it is killed.
  lock.acquire();
} catch (error) {
  parentPort!.postMessage(String(error));
}
