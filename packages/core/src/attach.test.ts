import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { SOON, until, waitingAt } from '../test/support/state.ts';
import { DummyThread, Lock, Queue, enumerate, pack, runtimeHandle } from './index.ts';

function foreignWorker(packed: Uint8Array, early: boolean): Worker {
  return new Worker(new URL('./attach.fixture.ts', import.meta.url), {
    workerData: { handle: runtimeHandle(), packed, early },
  });
}

describe('a worker that somebody else started', () => {
  it('joins the runtime with attach(): shared objects are the same there, and threads can be started', async () => {
    const lock = new Lock();
    const queue = new Queue<unknown>();
    lock.acquire();
    const worker = foreignWorker(pack({ lock, queue }), false);
    expect(await queue.getAsync(SOON)).toBe(false);
    lock.release();
    expect(await queue.getAsync(SOON)).toBe(true);
    expect(await queue.getAsync(SOON)).toEqual([
      'Dummy-1',
      true,
      true,
      expect.stringMatching(/^<DummyThread Dummy-1 started daemon \d+>$/),
      'ThreadStateError',
    ]);
    expect(await queue.getAsync(SOON)).toBe(42);
    await worker.terminate();
  });

  it.runIf(process.platform === 'linux')(
    'leaves the line when it dies, and those behind it are served',
    async () => {
      const lock = new Lock();
      const queue = new Queue<unknown>();
      lock.acquire();
      const worker = foreignWorker(pack({ lock, queue }), false);
      await queue.getAsync(SOON);
      lock.release();
      await queue.getAsync(SOON);
      const [name] = (await queue.getAsync(SOON)) as [string, boolean];
      await queue.getAsync(SOON);
      await until(() => waitingAt(lock) === 1, 'the worker waits for the lock that it holds');
      const behind = lock.acquireAsync(SOON);
      const isThere = (): boolean => enumerate().some(thread => thread.name === name);
      expect(isThere()).toBe(true);
      expect(enumerate().find(thread => thread.name === name)).toBeInstanceOf(DummyThread);
      await worker.terminate();
      lock.release();
      expect(await behind).toBe(true);
      // By name, not by number: the worker of another test may be forgotten just now, too.
      await until(() => !isThere(), 'its dummy thread was forgotten');
    },
  );

  it('is told when it attaches too late: it has shared objects of its own already', async () => {
    const worker = foreignWorker(pack({}), true);
    const [message] = (await once(worker, 'message', { signal: AbortSignal.timeout(20_000) })) as [string];
    expect(message).toMatch(/ThreadStateError: attach: this thread has shared memory of its own already/);
    await worker.terminate();
  });

  it('is a DummyThread, which nobody else makes', () => {
    expect(() => new DummyThread()).toThrow(TypeError);
    expect(() => new DummyThread()).toThrow(/comes from currentThread\(\) and enumerate\(\)/);
  });
});
