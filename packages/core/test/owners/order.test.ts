/** The order in which locks are taken is noted, and two that contradict each other are reported before they meet. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Condition, Lock, type LockInversion, RLock, Thread, checkLockOrder } from '../../src/index.ts';
import { runProgram } from '../support/child.ts';
import { SOON } from '../support/state.ts';
import type { Holdable } from './owners.fixture.ts';

let found: LockInversion[] = [];
const named = (...names: string[]): Lock[] => names.map(name => new Lock({ name }));

function take(...locks: Holdable[]): void {
  const guards = locks.map(lock => lock.hold());
  for (const guard of guards.reverse()) guard.release();
}

beforeEach(() => {
  found = [];
  checkLockOrder({ onInversion: inversion => found.push(inversion) });
});
afterEach(() => checkLockOrder(false));

describe('lock order checking', () => {
  it('reports two orders that contradict each other, once, with both places, though nobody waits', () => {
    const [a, b] = named('a', 'b');
    take(a!, b!);
    take(a!, b!);
    expect(found).toEqual([]);
    take(b!, a!);
    take(b!, a!);
    expect(found.map(({ locks }) => locks)).toEqual([['Lock "a"', 'Lock "b"']]);
    expect(found[0]!.message).toMatch(
      /^Lock order inversion: Lock "b" is held and Lock "a" is taken\n {4}at .*order\.test\.ts[^]*\n {2}but elsewhere Lock "a" was held and Lock "b" was taken\n {4}at .*order\.test\.ts[^]*Take these locks in one order everywhere\.$/,
    );
  });

  it('sees a circle of three, over locks of all kinds and what other threads did', () => {
    const [a] = named('a');
    const b = new RLock({ name: 'b' });
    const c = new Lock({ name: 'c' });
    const condition = new Condition(c);
    const other = new Thread(
      (...locks: Array<Lock | RLock>) => {
        const guards = locks.map(lock => lock.hold());
        for (const guard of guards) guard.release();
      },
      { args: [a!, b] },
    ).start();
    other.join(SOON);
    take(b, condition);
    expect(found).toEqual([]);
    take(condition, a!);
    expect(found.map(({ locks }) => locks)).toEqual([['Lock "a"', 'RLock "b"', 'Lock "c"']]);
  });

  it('minds neither a timeout nor reentrance nor a plain acquire, which end in no deadlock for certain', () => {
    const [a, b] = named('a', 'b');
    const r = new RLock();
    take(a!, b!);
    take(r, a!, r);
    const held = b!.hold();
    a!.hold({ timeout: 100 }).release();
    a!.acquire();
    a!.release();
    held.release();
    expect(found).toEqual([]);
  });

  it('forgets locks that are gone, whose memory may become another lock', () => {
    for (let round = 0; round < 50; round++) {
      const [a, b] = named('a', 'b');
      take(...(round % 2 === 0 ? [a!, b!] : [b!, a!]));
      a!.dispose();
      b!.dispose();
    }
    expect(found).toEqual([]);
  });

  it('ends when it is told to', () => {
    const [a, b] = named('a', 'b');
    take(a!, b!);
    checkLockOrder(false);
    take(b!, a!);
    expect(found).toEqual([]);
  });

  it('reports in the thread that did it, to standard error if nobody listens there', async () => {
    const { stderr, code } = await runProgram(`
      heddle.checkLockOrder();
      const [a, b] = [new heddle.Lock({ name: 'a' }), new heddle.Lock({ name: 'b' })];
      const both = (...locks) => { using one = locks[0].hold(); using two = locks[1].hold(); };
      new heddle.Thread(both, { args: [a, b] }).start().join();
      new heddle.Thread(both, { args: [b, a] }).start().join();
    `);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Lock order inversion: Lock "b" is held and Lock "a" is taken/);
  });

  it('refuses a listener that is none', () => {
    expect(() => checkLockOrder({ onInversion: 1 as never })).toThrow(
      'checkLockOrder: onInversion must be a function, got 1 (number)',
    );
  });
});
