/** Two threads die one after the other: who was to say what may come back on the first has died as well (`node/succession.ts`). */
import { AtomicCounter } from '@heddle/core';
import { expect, test } from 'vitest';
import { ActorSystem, Supervisor, exit, supervisor } from '../src/index.ts';
import { unwrapPacket } from '../src/runtime/node/parcel.ts';
import { MOST_SLOTS } from '../src/runtime/runtime.ts';
import { Threads } from '../src/runtime/threads.ts';
import { TestSystem } from '../src/testkit/index.ts';
import type { ActorRef } from '../src/index.ts';
import type { Placement } from '../src/runtime/placement.ts';
import { across, answering, deaf } from './claims.fixture.ts';
import type { Ping } from './claims.fixture.ts';
import { echo } from './simulated-threads.fixture.ts';

const roomy = { intensity: 10_000, period: 1000 } as const;
/** Two keys whose actors are on different threads, of two. */
const HERE = { key: 1 } as const;
const THERE = { key: 2 } as const;

/** What only chance finds is tried a little at every change. */
const PAIRS = process.env['HEDDLE_LONG'] === '1' ? 500 : 10;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** On each of two threads a supervisor whose child is on the other, and on one an actor that nobody starts again. */
async function start(seed: number) {
  const kit = new TestSystem({ seed, threads: 2 });
  const probe = kit.probe<string>('probe');
  const children = [HERE, THERE].map((placement, n) => ({
    id: `across${n}`,
    start: across,
    args: [[THERE, HERE][n], probe.ref] as never,
    options: { placement },
  }));
  const sup = new Supervisor(kit.spawn(supervisor({ children, ...roomy }), { name: 'sup' }));
  const outer = (
    await kit.until(Promise.all(children.map(({ id }) => sup.child<never>(across as never, id))))
  ).map(ref => new Supervisor(ref as never));
  const lone = kit.spawn(echo, { name: 'lone', args: [probe.ref], placement: THERE });
  await kit.settle();
  const there = lone.id % MOST_SLOTS;
  const here = 3 - there;
  /** A thread takes what is in its inbox up to the news that another has died, and dies itself before it has handled that. */
  const dieOfTheNews = (slot: number): void => {
    const inbox = kit.system.threads.wiring.inboxes[slot]!;
    for (let taken = ''; taken !== 'threadDied' && inbox.size > 0;)
      taken = unwrapPacket(inbox.getNowait())[0];
    kit.killThread(slot);
  };
  const check = async (): Promise<void> => {
    probe.messages.length = kit.deadLetters.length = 0;
    lone.tell(0);
    for (const inner of outer) (await kit.until(inner.child(echo, 'child')))!.tell(7);
    await kit.settle();
    expect([...probe.messages].sort()).toEqual(['sup/across0/child 7', 'sup/across1/child 7']);
    expect(kit.deadLetters).toMatchObject([{ message: 0, path: '/lone', reason: 'stopped' }]);
  };
  return { kit, here, there, dieOfTheNews, check };
}

test.each(upTo(10))(
  'seed %i: a thread that has taken the news of a death and dies before its claims: nobody waits for them',
  async seed => {
    const { kit, here, there, dieOfTheNews, check } = await start(seed);
    kit.killThread(there);
    dieOfTheNews(here);
    await kit.settle();
    await check();
  },
);

test.each(upTo(60))('seed %i: nor when they die again and again, of the news or otherwise', async seed => {
  const { kit, here, there, dieOfTheNews, check } = await start(seed);
  kit.killThread(there);
  let dice = seed + 1;
  const roll = (sides: number): number => {
    dice = (Math.imul(dice, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (dice >>> 8) % sides;
  };
  for (let round = 0; round < 3; round++) {
    for (let death = 0; death < 6; death++) {
      const slot = roll(2) === 0 ? here : there;
      if (roll(2) === 0) dieOfTheNews(slot);
      else kit.killThread(slot);
      await kit.steps(roll(9));
    }
    await kit.settle();
    await check();
  }
});

/** As above, of real threads. */
async function begin() {
  const system = new ActorSystem({ threads: 2, report: () => {} });
  const children = [HERE, THERE].map((placement, n) => ({
    id: `across${n}`,
    start: across,
    args: [[THERE, HERE][n], undefined] as never,
    options: { placement },
  }));
  const sup = new Supervisor(system.spawn(supervisor({ children, ...roomy }), { name: 'sup' }));
  const outer = await Promise.all(children.map(({ id }) => sup.child<never>(across as never, id)));
  const lone = (placement: Placement) => system.spawn(answering, { placement });
  const threadOf = ({ id }: { readonly id: number }) => system.threads.threads[(id % MOST_SLOTS) - 1]!;
  const isGone = (ref: ActorRef<Ping>) =>
    expect(ref.ask({}, { timeout: 20_000 })).rejects.toMatchObject({ reason: exit.noproc });
  const check = async (): Promise<void> => {
    for (const ref of outer) {
      const inner = new Supervisor(ref as never);
      // `undefined` if its start has just failed, because the other thread has died, and is about to be tried again.
      let child = await inner.child(answering, 'child', { timeout: 20_000 });
      while (child === undefined) child = await inner.child(answering, 'child', { timeout: 20_000 });
      expect(await child.ask({}, { timeout: 20_000 })).toBe('pong');
    }
  };
  return { system, lone, threadOf, isGone, check };
}

test('the same of real threads', { timeout: 120_000 }, async () => {
  const { system, lone, threadOf, isGone, check } = await begin();
  await using _system = system;
  const left = lone(THERE);
  const taken = new AtomicCounter();
  const standing = system.spawn(deaf, { args: [taken], placement: HERE });
  for (const ref of [left, standing]) expect(await ref.ask({}, { timeout: 60_000 })).toBe('pong');
  threadOf(left).terminate();
  while (taken.value === 0) await new Promise(resolve => setTimeout(resolve, 2));
  threadOf(standing).terminate();
  await isGone(left);
  await isGone(standing);
  await check();
});

test(
  `two threads are terminated in quick succession, ${PAIRS} times: nobody waits, and who is supervised is there`,
  { timeout: 60_000 + PAIRS * 5000 },
  async () => {
    const { system, lone, threadOf, isGone, check } = await begin();
    await using _system = system;
    for (let pair = 0; pair < PAIRS; pair++) {
      const refs = [HERE, THERE].map(lone);
      for (const ref of refs) expect(await ref.ask({}, { timeout: 60_000 })).toBe('pong');
      const [first, second] = pair % 2 === 0 ? refs : refs.toReversed();
      const thread = threadOf(second!);
      threadOf(first!).terminate();
      // From at once to when the news has long been handled.
      for (const end = performance.now() + Math.random() * 4; performance.now() < end;)
        await new Promise(resolve => setImmediate(resolve));
      thread.terminate();
      await thread.joinAsync({ timeout: 20_000 });
      await check();
      for (const ref of refs) await isGone(ref);
    }
  },
);

test('threads that die before they have come up, again and again: tried at once, and then less and less often', async () => {
  const begun: number[] = [];
  class Stillborn extends Threads {
    protected override begin(slot: number): void {
      begun.push(performance.now());
      void Promise.resolve().then(() => this.died(slot, exit.threadDied));
    }
  }
  const makeThreads = (...args: ConstructorParameters<typeof Threads>) => new Stillborn(...args);
  const system = new ActorSystem({ threads: 1, report: () => {}, makeThreads });
  system.spawn(answering, { placement: 'leastLoaded' });
  while (begun.length < 7) await new Promise(resolve => setTimeout(resolve, 5));
  const pauses = begun.slice(1).map((time, n) => time - begun[n]!);
  for (const [n, least] of [0, 0, 0, 20, 40, 80].entries()) expect(pauses[n]).toBeGreaterThan(least - 2);
  await system.stop();
  const last = begun.length;
  await new Promise(resolve => setTimeout(resolve, 200));
  expect(begun.length).toBe(last);
});
