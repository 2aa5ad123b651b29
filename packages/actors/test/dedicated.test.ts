/** Actors with a thread to themselves, and threads as supervised children. */
import { Semaphore, enumerate, setExceptHook } from '@heddle/core';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, Supervisor, behavior, dedicated, exit, supervisor } from '../src/index.ts';
import type { ActorRef, Context, DeadLetter, Report, Signal } from '../src/index.ts';
import { blocker, blocking, bounded, glutton, ranked } from './dedicated.fixture.ts';
import type { Job } from './dedicated.fixture.ts';

/** A busy machine takes its time to start threads. */
const patient = { timeout: 60_000 };

let system: ActorSystem;
// New for each system: a thread that was killed may still have its say in the last one's.
let reports: Report[];
let letters: DeadLetter[];
let seen: string[];
let sup: Supervisor;

function startSystem(): ActorSystem {
  const [ownReports, ownLetters]: [Report[], DeadLetter[]] = [[], []];
  reports = ownReports;
  letters = ownLetters;
  seen = [];
  system = new ActorSystem({ threads: 0, report: report => ownReports.push(report) });
  system.deadLetters.subscribe(letter => ownLetters.push(letter));
  return system;
}

afterEach(() => system.stop());

async function supervised(): Promise<ActorRef<Job>> {
  sup = new Supervisor(
    startSystem().spawn(
      supervisor({ children: [{ id: 'blocker', start: blocker, args: [100], shutdown: 300 }] }),
      {
        name: 'sup',
      },
    ),
  );
  return (await sup.child(blocker, 'blocker'))!;
}

test('receives by blocking, answers questions, and tells refs that came in messages', async () => {
  const ref = startSystem().spawn(blocker, { args: [1], name: 'blocker' });
  const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
  for (let n = 0; n < 10; n++) ref.tell({ type: 'add', n: 1 });
  ref.tell({ type: 'pass', to: sink, text: 'sum' });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(11);
  expect(await ref.ask({ type: 'where' }, patient)).toBe('/blocker');
  expect(seen).toEqual(['sum (11)']);
});

test.each([
  ['throw', { type: 'error', error: expect.any(RangeError) }],
  ['exit', { type: 'threadDied', detail: expect.stringMatching(/exit|code|died|ended/) }],
] as const)(
  '%s is an end with a reason; the supervisor starts another thread, which gets what was waiting',
  async (type, reason) => {
    const ref = await supervised();
    ref.tell({ type: 'sleep', ms: 20 });
    ref.tell({ type });
    for (let n = 0; n < 50; n++) ref.tell({ type: 'add', n: 1 });
    expect(await ref.ask({ type: 'sum' }, patient)).toBe(150);
    expect(reports).toContainEqual(
      expect.objectContaining({ error: 'childTerminated', child: 'blocker', reason }),
    );
    expect(letters).toEqual([]);
  },
);

test('a stop lets it handle what was accepted, and wakes it from a blocked receive', async () => {
  const ref = startSystem().spawn(blocker, { args: [0], name: 'blocker', shutdown: 60_000 });
  const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
  // Last started first: the sink must be there longer.
  const late = system.spawn(blocker, { args: [0], shutdown: 60_000 });
  late.tell({ type: 'sleep', ms: 20 });
  for (let n = 0; n < 20; n++) late.tell({ type: 'pass', to: sink, text: String(n) });
  const stopped = [ref.whenStopped(), late.whenStopped()];
  await system.stop();
  expect(seen).toHaveLength(20);
  expect((await Promise.all(stopped)).map(({ type }) => type)).toEqual(['shutdown', 'shutdown']);
  expect(reports).toEqual([]);
});

test('one that burns for ever is terminated after its time, and its supervisor hears of it', async () => {
  const ref = await supervised();
  ref.tell({ type: 'burn' });
  const asked = expect(ref.ask({ type: 'sum' }, patient)).rejects.toMatchObject({ name: 'ActorDiedError' });
  await system.stop();
  await asked;
  expect(reports).toMatchObject([
    { type: 'graceElapsed', path: '/sup/blocker', afterMs: 300 },
    { type: 'supervisor', error: 'shutdownError', child: 'blocker', reason: exit.killed },
  ]);
});

test('what cannot travel is a dead letter', async () => {
  const ref = startSystem().spawn(blocker, { args: [0] }) as ActorRef<unknown>;
  ref.tell({ type: 'add', n: () => 1 });
  expect(await (ref as ActorRef<Job>).ask({ type: 'sum' }, patient)).toBe(0);
  expect(letters).toMatchObject([{ reason: 'notShareable' }]);
  expect(reports).toContainEqual(
    expect.objectContaining({
      error: expect.objectContaining({ message: expect.stringMatching(/^message\.n: functions/) }),
    }),
  );
});

test('terminate() of its thread is an end with a reason too; it is a child of type thread', async () => {
  const ref = await supervised();
  ref.tell({ type: 'add', n: 1 });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(101);
  expect(await sup.children()).toMatchObject([{ id: 'blocker', type: 'thread' }]);
  enumerate()
    .find(({ name }) => name === ref.path)!
    .terminate();
  // Its state is fresh: another thread has taken its place.
  for (let sum = 101; sum !== 100;) {
    sum = await ref.ask({ type: 'sum' }, patient).catch(() => 101);
  }
  expect(reports).toContainEqual(
    expect.objectContaining({
      error: 'childTerminated',
      child: 'blocker',
      reason: { type: 'threadDied', detail: expect.any(String) },
    }),
  );
});

/** The supervisor reports it; that core prints it as well is another matter. */
const quietly = (): void => setExceptHook(() => {});

/** What a thread that ate too much ended of. */
const outOfMemory = { type: 'threadDied', detail: expect.stringContaining('it ran out of memory') };

test('memory that runs out is an end with a reason: watches and links hear it, the others go on, and what was waiting is handled by the next thread', async () => {
  quietly();
  sup = new Supervisor(
    startSystem().spawn(supervisor({ children: [{ id: 'glutton', start: glutton, args: [] }] }), {
      name: 'sup',
    }),
  );
  const ref = (await sup.child(glutton, 'glutton'))!;
  const other = system.spawn(blocker, { args: [5], name: 'other' });
  const signals: Signal[] = [];
  system.spawn((context: Context<never>) => {
    context.trapExit = true;
    context.watch(ref);
    context.link(ref);
    return behavior<never>({ receive: () => {}, signal: signal => void signals.push(signal) });
  });
  const linked = system.spawn((context: Context<never>) => (context.link(ref), () => {}), { name: 'linked' });
  const linkedEnd = linked.whenStopped(patient);
  ref.tell({ type: 'add', n: 1 });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(1);
  ref.tell({ type: 'eat' });
  for (let n = 0; n < 20; n++) ref.tell({ type: 'add', n: 1 });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(20);
  expect(signals).toHaveLength(2);
  expect(signals).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'down', ref, reason: outOfMemory }),
      expect.objectContaining({ type: 'exit', ref, reason: outOfMemory }),
    ]),
  );
  expect(await linkedEnd).toEqual(outOfMemory);
  expect(await other.ask({ type: 'sum' }, patient)).toBe(5);
  expect(reports).toContainEqual(
    expect.objectContaining({ error: 'childTerminated', child: 'glutton', reason: outOfMemory }),
  );
  expect(letters).toEqual([]);
});

test('memory that runs out again and again uses the budget up: the supervisor ends, and what waits is dead', async () => {
  quietly();
  sup = new Supervisor(
    startSystem().spawn(
      supervisor({
        intensity: 1,
        period: 600_000,
        children: [{ id: 'glutton', start: glutton, args: [] }],
      }),
      { name: 'sup' },
    ),
  );
  const ref = (await sup.child(glutton, 'glutton'))!;
  const ended = sup.ref.whenStopped(patient);
  // Each is the next one's death.
  for (let n = 0; n < 2; n++) ref.tell({ type: 'eat' });
  ref.tell({ type: 'add', n: 1 });
  const asked = expect(ref.ask({ type: 'sum' }, patient)).rejects.toMatchObject({ name: 'ActorDiedError' });
  expect(await ended).toMatchObject({ type: 'shutdown' });
  await asked;
  expect(reports.filter(report => 'error' in report && report.error === 'childTerminated')).toHaveLength(2);
  expect(letters).toContainEqual(
    expect.objectContaining({ message: { type: 'add', n: 1 }, reason: 'stopped' }),
  );
});

test.each([0, 7.5, '64'])('maxHeapMiB %s is refused when the actor is declared', maxHeapMiB => {
  startSystem();
  expect(() => dedicated(import.meta, function hungry() {}, { maxHeapMiB: maxHeapMiB as number })).toThrow(
    `dedicated hungry: maxHeapMiB must be a whole number from 8, got ${maxHeapMiB} (${typeof maxHeapMiB})`,
  );
});

/** Starts it, has it handle 0, and tells it the others one by one while it does. */
async function whileBusy(start: typeof bounded, others: readonly number[]) {
  const taken: number[] = [];
  const gate = new Semaphore(0);
  const sink = startSystem().spawn((_context: Context<number>) => (n: number) => void taken.push(n));
  const ref = system.spawn(start, { args: [sink, gate], name: 'gated', shutdown: 60_000 });
  ref.tell(0);
  while (taken.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
  for (const n of others) {
    ref.tell(n);
    // Several turns: whatever is handed over has been by then.
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
  }
  const waiting = system.inspect().children.find(({ path }) => path === '/gated')!.waiting;
  return { ref, taken, gate, waiting };
}

test('a bound counts what waits, also while the thread is busy; a stop lets it have all of that', async () => {
  const { taken, gate, waiting } = await whileBusy(bounded, [1, 2, 3, 4, 5]);
  expect(waiting).toBe(3);
  expect(letters.map(({ message, reason }) => [message, reason])).toEqual([
    [1, 'dropped'],
    [2, 'dropped'],
  ]);
  gate.release(9);
  await system.stop();
  expect(taken).toEqual([0, 3, 4, 5]);
});

test('messages are handed over in the order of their priority', async () => {
  const { taken, gate } = await whileBusy(ranked, [3, 1, 2]);
  gate.release(9);
  await system.stop();
  expect(taken).toEqual([0, 1, 2, 3]);
});

test('send waits until the thread has taken what was before', async () => {
  const { ref, taken, gate } = await whileBusy(blocking, [1]);
  await expect(ref.send(2, { timeout: 50 })).rejects.toMatchObject({ name: 'TimeoutError' });
  const sent = ref.send(3, { timeout: 60_000 });
  gate.release();
  await sent;
  gate.release(9);
  await system.stop();
  expect(taken).toEqual([0, 1, 3]);
  expect(letters).toEqual([]);
});

test('one with a bound that dies leaves what waits to the next, in order', async () => {
  const gate = new Semaphore(0);
  const taken: number[] = [];
  const sink = startSystem().spawn((_context: Context<number>) => (n: number) => void taken.push(n));
  sup = new Supervisor(
    system.spawn(supervisor({ children: [{ id: 'gated', start: bounded, args: [sink, gate] }] }), {
      name: 'sup',
    }),
  );
  const ref = (await sup.child(bounded, 'gated'))!;
  for (let n = 0; n < 4; n++) {
    ref.tell(n);
    while (taken.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
  }
  enumerate()
    .find(({ name }) => name === ref.path)!
    .terminate();
  while (taken.length < 2) await new Promise(resolve => setTimeout(resolve, 1));
  gate.release(9);
  await system.stop();
  expect(taken).toEqual([0, 1, 2, 3]);
  expect(letters).toEqual([]);
});
