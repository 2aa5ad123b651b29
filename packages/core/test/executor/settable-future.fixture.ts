/** What threads do with futures that are settled by hand. */
import { SettableFuture, sleep, task } from '../../src/index.ts';
import type { Event, Future } from '../../src/index.ts';

export const settle = task(
  import.meta,
  function settle(future: SettableFuture<unknown>, value: unknown): void {
    future.setResult(value);
  },
);

export const fail = task(import.meta, function fail(future: SettableFuture<unknown>): void {
  future.setException(Object.assign(new RangeError('on purpose'), { code: 'E_PURPOSE' }));
});

export const waitFor = task(import.meta, function waitFor(future: Future<unknown>): unknown {
  return future.result({ timeout: 20_000 });
});

export const waitForAsync = task(
  import.meta,
  async function waitForAsync(future: Future<unknown>): Promise<unknown> {
    return await future;
  },
);

/** Says that it works on it, and then doesn't. */
export const forsake = task(
  import.meta,
  function forsake(future: SettableFuture<unknown>, began: Event, gate?: Event): boolean {
    const mine = future.setRunningOrNotifyCancel();
    began.set();
    gate?.wait({ timeout: 20_000 });
    return mine;
  },
);

export const exitWith = task(import.meta, function exitWith(future: SettableFuture<unknown>): void {
  future.setRunningOrNotifyCancel();
  process.exit(3);
});

export const workUntilCancelled = task(
  import.meta,
  function workUntilCancelled(future: SettableFuture<string>, began: Event): void {
    future.setRunningOrNotifyCancel();
    began.set();
    while (!future.cancelRequested) sleep(1);
    future.setResult('stopped when asked to');
  },
);

/** Tries to be the one that settles; returns whether it was. */
export const race = task(
  import.meta,
  function race(futures: Array<SettableFuture<number>>, start: Event, number: number): number[] {
    start.wait({ timeout: 20_000 });
    const won: number[] = [];
    for (const [index, future] of futures.entries()) {
      try {
        future.setResult(number);
        won.push(index);
      } catch (error) {
        if ((error as Error).name !== 'InvalidStateError') throw error;
      }
    }
    return won;
  },
);
