/** What waits in the own memory of a thread that dies: handed over if the thread has a last moment, counted otherwise. */
import { enumerate, setExceptHook } from '@heddle/core';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, Supervisor, supervisor } from '../src/index.ts';
import type { ActorRef, Context, DeadLetter } from '../src/index.ts';
import { MOST_SLOTS } from '../src/runtime/runtime.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { late, owner, secretive } from './thread-losses.fixture.ts';
import type { LateMessage } from './thread-losses.fixture.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

afterEach(() => setExceptHook(undefined));

/** Two actors on one thread, supervised from another. */
async function start() {
  const system = new ActorSystem({ threads: 1, report: () => {} });
  const letters: DeadLetter[] = [];
  system.deadLetters.subscribe(letter => letters.push(letter));
  const heard: number[] = [];
  const sink = system.spawn((_context: Context<number>) => n => void heard.push(n), { name: 'sink' });
  const options = { placement: 'leastLoaded' } as const;
  const children = ['a', 'b'].map(id => ({ id, start: late, args: [sink], options }));
  const sup = new Supervisor(
    system.spawn(supervisor({ intensity: 10, period: 60_000, children }), { name: 'sup' }),
  );
  const a = (await sup.child(late, 'a'))!;
  const b = (await sup.child(late, 'b'))!;
  const alive = (ref: ActorRef<LateMessage>) => ref.ask({ type: 'ping' }, { timeout: 60_000 });
  const terminate = async (): Promise<void> => {
    const thread = system.threads.threads[0]!;
    thread.terminate();
    await thread.joinAsync();
  };
  return { system, letters, heard, a, b, alive, terminate };
}

test.each(['exit', 'throwLater'] as const)(
  'a thread that ends by %s hands over what waits in its memory, also what it was told there, before what comes later',
  { timeout: 120_000 },
  async how => {
    const uncaught: unknown[] = [];
    setExceptHook(args => uncaught.push(args));
    const it = await start();
    await using _system = it.system;
    // `b` waits for ever; what `a` tells it stays in its mailbox, on the heap they share.
    it.b.tell({ type: 'wait' });
    it.a.tell({ type: 'tell', to: it.b, notes: 10 });
    expect(await it.alive(it.a)).toBe('pong');
    // And in the turn of its end it tells one who is elsewhere.
    it.a.tell({ type: how });
    for (let n = 10; n < 20; n++) it.b.tell({ type: 'note', n });
    expect(await it.alive(it.b)).toBe('pong');
    await until(() => it.heard.length >= 20);
    expect(it.heard).toEqual(upTo(20));
    expect(it.letters).toEqual([]);
    expect(uncaught).toHaveLength(how === 'exit' ? 0 : 1);
  },
);

test('stashed messages are handed over before those in the mailbox', { timeout: 120_000 }, async () => {
  const it = await start();
  await using _system = it.system;
  it.b.tell({ type: 'stash' });
  for (const n of upTo(5)) it.b.tell({ type: 'note', n });
  it.b.tell({ type: 'wait' });
  for (const n of [5, 6, 7]) it.b.tell({ type: 'note', n });
  expect(await it.alive(it.a)).toBe('pong');
  it.a.tell({ type: 'exit' });
  await until(() => it.heard.length >= 8);
  expect(it.heard).toEqual(upTo(8));
  expect(it.letters).toEqual([]);
});

test(
  'a thread that is terminated takes along what was in its memory, and each message is counted, by actor',
  { timeout: 120_000 },
  async () => {
    const it = await start();
    await using system = it.system;
    it.b.tell({ type: 'stash' });
    for (const n of upTo(3)) it.b.tell({ type: 'note', n });
    it.b.tell({ type: 'wait' });
    it.a.tell({ type: 'tell', to: it.b, notes: 10 });
    expect(await it.alive(it.a)).toBe('pong');
    await it.terminate();
    // Those that were still in shared memory aren't lost.
    for (const n of upTo(4)) it.b.tell({ type: 'note', n });
    await until(() => it.heard.length >= 4);
    expect(it.heard).toEqual(upTo(4));
    expect(it.letters).toEqual([
      { message: undefined, to: undefined, path: '/sup/b', reason: 'threadDied', count: 13 },
    ]);
    expect(system.deadLetters.count).toBe(13);
  },
);

test(
  'what actors tell in the turn that ends their thread arrives, on other threads too; what cannot travel is a dead letter',
  { timeout: 120_000 },
  async () => {
    const it = await start();
    await using _system = it.system;
    expect(await it.alive(it.b)).toBe('pong');
    it.a.tell({ type: 'lastTurn', to: it.b, notes: 10, then: 'exit' });
    await until(() => it.heard.length >= 20 && it.letters.length > 0);
    expect(it.heard.filter(n => n < 100)).toEqual(upTo(10));
    expect(it.heard.filter(n => n >= 100)).toEqual(upTo(10).map(n => 100 + n));
    expect(it.letters).toMatchObject([{ path: '/sup/b', reason: 'notShareable' }]);
  },
);

test(
  'a thread that is terminated in the midst of a turn: what that turn has told is counted',
  { timeout: 120_000 },
  async () => {
    const it = await start();
    await using system = it.system;
    expect(await it.alive(it.b)).toBe('pong');
    it.a.tell({ type: 'lastTurn', to: it.b, notes: 10, then: 'spin' });
    await until(() => {
      const shown = system.inspect().children.find(({ path }) => path === '/sup')?.children[1];
      return shown?.waiting === 11;
    });
    await it.terminate();
    expect(await it.alive(it.b)).toBe('pong');
    expect(it.letters.toSorted((x, y) => x.count! - y.count!)).toMatchObject([
      { path: '', reason: 'threadDied', count: 10 },
      { path: '/sup/b', reason: 'threadDied', count: 11 },
    ]);
  },
);

test(
  'the thread of a dedicated actor ends with the thread that started it, and what it had not begun is counted',
  { timeout: 120_000 },
  async () => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const children = [{ id: 'owner', start: owner, options: { placement: 'leastLoaded' } as const }];
    const sup = new Supervisor(
      system.spawn(supervisor({ intensity: 10, period: 60_000, children }), { name: 'sup' }),
    );
    const ref = (await sup.child(owner, 'owner'))!;
    const diggers = () => enumerate().filter(({ name }) => name === '/sup/owner/digger');
    expect(await ref.ask({}, { timeout: 60_000 })).toBe('pong');
    const [first] = diggers();
    ref.tell('burn');
    ref.tell('exit');
    expect(await first!.joinAsync({ timeout: 60_000 })).toBe(true);
    expect(await ref.ask({}, { timeout: 60_000 })).toBe('pong');
    await until(() => diggers().length === 1);
    await until(() => system.deadLetters.count > 0);
    // It had begun the first, or was about to.
    expect([2, 3]).toContain(system.deadLetters.count);
    await system.stop();
    expect(diggers()).toEqual([]);
  },
);

test.each(upTo(30))('seed %i: whenever threads die, what was told is heard or counted', async seed => {
  const kit = new TestSystem({ seed, threads: 2 });
  const probe = kit.probe<number>('probe');
  const children = [1, 2, 3, 4].map(key => ({
    id: `late${key}`,
    start: late,
    args: [probe.ref],
    options: { placement: { key } },
  }));
  const sup = new Supervisor(
    kit.spawn(supervisor({ children, intensity: 10_000, period: 1000 }), { name: 'sup' }),
  );
  const refs = (await kit.until(Promise.all(children.map(({ id }) => sup.child(late, id))))).map(ref => ref!);
  let told = 0;
  for (let round = 0; round < 4; round++) {
    const waits = refs[(seed + round) % 4]!;
    const teller = refs[(seed + round + 2) % 4]!;
    waits.tell({ type: seed % 3 === 0 ? 'stash' : 'wait' });
    for (let n = 0; n < 7; n++) waits.tell({ type: 'note', n });
    teller.tell({ type: 'tell', to: waits, notes: 6 });
    told += 13;
    await kit.steps((seed * 11 + round * 5) % 50);
    // The second orders its six only if its turn has come before.
    await kit.settle();
    kit.killThread(waits.id % MOST_SLOTS);
    await kit.settle();
  }
  const counted = kit.deadLetters.reduce((sum, { count = 1 }) => sum + count, 0);
  expect(kit.system.deadLetters.count).toBe(counted);
  expect(probe.messages.length + counted).toBe(told);
  expect(counted).toBeGreaterThan(0);
  expect(new Set(kit.deadLetters.map(({ reason }) => reason))).toEqual(new Set(['threadDied']));
});

test('an actor whose parent on another thread cannot be told what its start said is ended, and its start has failed', async () => {
  const kit = new TestSystem({ threads: 1 });
  const sup = new Supervisor(kit.spawn(supervisor({}), { name: 'sup' }));
  const options = { placement: 'leastLoaded' } as const;
  await expect(kit.until(sup.startChild({ id: 'it', start: secretive, options }))).rejects.toThrow(
    /it failed to start: NotShareableError: started\.info\.tell: functions cannot be shared/,
  );
  await kit.settle();
  expect(kit.trace).toContain('- /sup/it killed');
  expect(await kit.until(sup.children())).toEqual([]);
});
