/** Actors on other threads. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { ActorDiedError, ActorSystem, Supervisor, behavior, exit, supervisor } from '../src/index.ts';
import type { ActorRef, Context, DeadLetter, Report, Signal } from '../src/index.ts';
import { adder, alike, burner, parent, recorder, sender } from './threads.fixture.ts';
import type { WorkerMessage } from './threads.fixture.ts';

const systems: ActorSystem[] = [];

function start(threads: number): { system: ActorSystem; reports: Report[]; letters: DeadLetter[] } {
  const reports: Report[] = [];
  const letters: DeadLetter[] = [];
  const system = new ActorSystem({ threads, report: report => reports.push(report) });
  system.deadLetters.subscribe(letter => letters.push(letter));
  systems.push(system);
  return { system, reports, letters };
}

afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

/** A new worker needs seconds to come up on a busy machine, and who asks an actor there waits for that. */
const patient = { timeout: 100_000 };

// The first threads of a process take their time to come up on a busy machine; those after them take their workers over.
beforeAll(async () => {
  const { system } = start(3);
  const refs = [1, 2, 3].map(() => system.spawn(adder, { args: [], placement: 'leastLoaded' }));
  await Promise.all(refs.map(ref => ref.ask({ type: 'sum' }, patient)));
  await system.stop();
}, 120_000);

/** Waits until it holds; the test's own limit bounds it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve));
}

test('an actor on another thread counts and answers there', async () => {
  const { system } = start(1);
  const ref = system.spawn(adder, { args: [1], name: 'adder', placement: 'leastLoaded' });
  for (let n = 1; n <= 10; n++) ref.tell({ type: 'add', n });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(56);
  expect(await ref.ask({ type: 'where' }, patient)).toBe('actors-1');
  expect(await ref.ask({ type: 'path' }, patient)).toBe('/adder');
  const here = system.spawn(adder, { args: [] });
  expect(await here.ask({ type: 'where' }, patient)).toBe('MainThread');
});

test('an actor is found by its place where minifiers dropped its name, or bundlers brought two of one name into one module', async () => {
  const { system } = start(1);
  const refs = alike.map(each => system.spawn(each, { placement: 'leastLoaded' }));
  expect(await Promise.all(refs.map(ref => ref.ask({}, { timeout: 60_000 })))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(alike.map(({ name }) => name)).toEqual(['actor', 'actor~2', 'same', 'same~2', 'actor~3', 'actor~4']);
}, 90_000);

test('placement: equal keys share a thread, the least loaded thread comes first, main is main', async () => {
  const { system } = start(3);
  const where = (ref: ReturnType<typeof system.spawn<WorkerMessage, [number?]>>): Promise<string> =>
    ref.ask({ type: 'where' }, patient);
  const keyed = await Promise.all(
    Array.from({ length: 6 }, (_, n) => where(system.spawn(adder, { args: [], placement: { key: n % 2 } }))),
  );
  expect(new Set([keyed[0], keyed[2], keyed[4]]).size).toBe(1);
  expect(new Set([keyed[1], keyed[3], keyed[5]]).size).toBe(1);
  const spread = await Promise.all(
    Array.from({ length: 12 }, () => where(system.spawn(adder, { args: [], placement: 'leastLoaded' }))),
  );
  const counts = new Map<string, number>();
  for (const name of [...keyed, ...spread]) counts.set(name, (counts.get(name) ?? 0) + 1);
  expect([...counts.values()]).toEqual([6, 6, 6]);
  expect(await where(system.spawn(adder, { args: [], placement: 'main' }))).toBe('MainThread');
});

test('first in, first out for each sender, from several threads to one and back', async () => {
  const { system } = start(3);
  const seen: string[] = [];
  const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
  const to = system.spawn(recorder, { args: [sink], placement: { key: 'a' } });
  const senders = 4;
  const count = 2000;
  for (let id = 0; id < senders; id++)
    system.spawn(sender, { args: [id, count, to], placement: 'leastLoaded' });
  await until(() => seen.length === senders * count);
  for (let id = 0; id < senders; id++) {
    const own = seen.filter(text => text.startsWith(`${id}:`)).map(text => Number(text.split(':')[1]));
    expect(own).toEqual(Array.from({ length: count }, (_, n) => n));
  }
});

test('refs travel inside messages, and children of remote actors are reached from anywhere', async () => {
  const { system } = start(2);
  const seen: string[] = [];
  const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
  const family = system.spawn(parent, { args: ['somewhere'], name: 'family', placement: { key: 'else' } });
  const child = await family.ask({ type: 'child' }, patient);
  child.tell({ type: 'pass', to: sink, text: 'hello' });
  expect(await child.ask({ type: 'sum' }, patient)).toBe(100);
  await until(() => seen.length === 1);
  expect(seen).toEqual(['hello from /family/child']);
  const stopped = child.whenStopped();
  system.exit(family, exit.shutdown);
  expect(await stopped).toEqual(exit.shutdown);
});

test('what cannot travel is a dead letter, and a question with it rejects; the sender is not thrown at', async () => {
  const { system, reports, letters } = start(1);
  const ref = system.spawn(adder, { args: [], placement: 'leastLoaded' }) as ActorRef<unknown>;
  ref.tell({ type: 'add', n: () => 1 });
  await until(() => letters.length === 1);
  const [report] = reports.filter(({ type }) => type === 'callbackFailed') as { error: Error }[];
  expect(report!.error.message).toMatch(/^message\.n: functions cannot be shared/);
  expect(letters[0]).toMatchObject({ reason: 'notShareable' });
  await expect(
    (ref as ActorRef<{ type: 'x'; f: () => void; reply: never }>).ask({ type: 'x', f: () => {} }),
  ).rejects.toThrow(/^message\.f: functions cannot be shared/);
  system.spawn(adder, { args: [(() => 1) as never], name: 'never', placement: 'leastLoaded' });
  await until(() => reports.some(report => report.type === 'callbackFailed' && report.path === '/never'));
  expect(reports.at(-1)).toMatchObject({
    callback: 'spawn',
    error: { message: expect.stringMatching(/^args\[0\]: functions cannot be shared/) },
  });
  expect(() => system.spawn(() => () => {}, { placement: 'leastLoaded' })).toThrow(
    /declare it at module level/,
  );
});

test('watching and questions across threads: the end is told at once', async () => {
  const { system, reports } = start(1);
  const ref = system.spawn(adder, { args: [], placement: 'leastLoaded' });
  const signals: Signal[] = [];
  const watcher = system.spawn((context: Context<string>) => {
    context.watch(ref);
    return behavior<string>({
      receive: () => void context.watch(ref),
      signal: signal => void signals.push(signal),
    });
  });
  // The watcher's setup runs in its own turn; what it sent there is before what we send after this.
  await ref.ask({ type: 'sum' }, patient);
  const hanging = ref.ask({ type: 'hang' }, patient);
  const failed = expect(hanging).rejects.toMatchObject({
    reason: { type: 'error', error: expect.any(RangeError) },
  });
  ref.tell({ type: 'fail' });
  await failed;
  await until(() => signals.length === 1);
  expect(signals[0]).toMatchObject({
    type: 'down',
    reason: { type: 'error', error: expect.any(RangeError) },
  });
  watcher.tell('again');
  await until(() => signals.length === 2);
  expect(signals[1]).toMatchObject({ type: 'down', reason: exit.noproc });
  await expect(ref.ask({ type: 'sum' }, patient)).rejects.toThrow(ActorDiedError);
  await until(() => reports.some(({ type }) => type === 'crash'));
  expect(reports).toContainEqual(expect.objectContaining({ type: 'crash', message: 'fail' }));
});

test('a supervised child on another thread is restarted there, under its ref, and keeps what waits', async () => {
  const { system, reports } = start(1);
  const sup = new Supervisor(
    system.spawn(
      supervisor({
        children: [{ id: 'adder', start: adder, args: [7], options: { placement: 'leastLoaded' } }],
      }),
      { name: 'sup' },
    ),
  );
  const ref = (await sup.child(adder, 'adder'))!;
  ref.tell({ type: 'add', n: 1 });
  ref.tell({ type: 'busy', ms: 20 });
  ref.tell({ type: 'fail' });
  ref.tell({ type: 'add', n: 10 });
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(17);
  expect(reports).toContainEqual(
    expect.objectContaining({ type: 'supervisor', error: 'childTerminated', child: 'adder' }),
  );
  await sup.terminateChild('adder');
  await expect(ref.ask({ type: 'sum' }, patient)).rejects.toThrow(ActorDiedError);
  await sup.restartChild('adder');
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(7);
});

test('a thread that dies takes its actors with threadDied; supervised ones come back, with what was in shared memory', async () => {
  const { system, reports, letters } = start(1);
  const sup = new Supervisor(
    system.spawn(
      supervisor({
        children: [{ id: 'adder', start: adder, args: [1000], options: { placement: 'leastLoaded' } }],
      }),
      { name: 'sup' },
    ),
  );
  const loner = system.spawn(adder, { args: [], name: 'loner', placement: 'leastLoaded' });
  const ref = (await sup.child(adder, 'adder'))!;
  await loner.ask({ type: 'sum' }, patient);
  const stopped = loner.whenStopped();
  const hanging = ref.ask({ type: 'hang' }, patient);
  const failed = expect(hanging).rejects.toMatchObject({ reason: exit.threadDied });
  // The thread is busy, so that all that follows is in shared memory when it dies.
  ref.tell({ type: 'busy', ms: 50 });
  ref.tell({ type: 'exit' });
  for (let n = 0; n < 100; n++) ref.tell({ type: 'add', n: 1 });
  loner.tell({ type: 'add', n: 1 });
  expect(await stopped).toEqual(exit.threadDied);
  await failed;
  expect(await ref.ask({ type: 'sum' }, patient)).toBe(1100);
  expect(reports).toContainEqual(expect.objectContaining({ type: 'threadDied', thread: 'actors-1' }));
  expect(reports).toContainEqual(
    expect.objectContaining({ error: 'childTerminated', reason: exit.threadDied }),
  );
  await until(() => letters.some(({ path }) => path === '/loner'));
  expect(letters).toMatchObject([{ path: '/loner', reason: 'stopped', message: { type: 'add' } }]);
});

// Each new thread gets its own end handed over before anything else, while all the rest is still parked.
test(
  'threads that die one after the other, each of the first message that its predecessor had parked: the rest comes once and in order',
  { timeout: 120_000 },
  async () => {
    const { system, reports, letters } = start(1);
    const heard: string[] = [];
    const sink = system.spawn((_context: Context<string>) => (line: string) => void heard.push(line));
    const options = { placement: 'leastLoaded' } as const;
    const children = [
      { id: 'killer', start: adder, args: [], options },
      { id: 'recorder', start: recorder, args: [sink], options },
      { id: 'adder', start: adder, args: [1000], options },
    ];
    const sup = new Supervisor(system.spawn(supervisor({ intensity: 100, period: 60_000, children })));
    const killer = (await sup.child(adder, 'killer'))!;
    const records = (await sup.child(recorder, 'recorder'))!;
    const sums = (await sup.child(adder, 'adder'))!;
    killer.tell({ type: 'busy', ms: 50 });
    const deaths = 4;
    for (let n = 0; n < deaths; n++) killer.tell({ type: 'exit' });
    for (let n = 0; n < 100; n++) {
      records.tell({ from: 1, n });
      sums.tell({ type: 'add', n });
    }
    expect(await sums.ask({ type: 'sum' }, patient)).toBe(1000 + 4950);
    const died = (): number => reports.filter(({ type }) => type === 'threadDied').length;
    await until(() => died() >= deaths);
    // Behind all others, also behind what would come twice.
    records.tell({ from: 1, n: 100 });
    await until(() => heard.at(-1) === '1:100');
    expect(heard).toEqual(Array.from({ length: 101 }, (_, n) => `1:${n}`));
    expect(died()).toBe(deaths);
    expect(letters).toEqual([]);
  },
);

// It came behind the news of the death where the main thread's actors kept its event loop turning: the end of a thread was heard there, what it had told taken from the inbox.
test('what an actor told before its thread died is heard before its end, on a busy main thread too', async () => {
  const { system } = start(1);
  const ref = system.spawn(adder, { args: [], placement: 'leastLoaded' });
  const heard: string[] = [];
  const watcher = system.spawn((context: Context<string>) => {
    context.watch(ref);
    return behavior<string>({
      receive: text => void heard.push(text),
      signal: signal => void heard.push(signal.type),
    });
  });
  const ticker = system.spawn((context: Context<string>) => () => {
    if (heard.length < 2) context.self.tell('tick');
  });
  await ref.ask({ type: 'sum' }, patient);
  ticker.tell('tick');
  ref.tell({ type: 'pass', to: watcher, text: 'last words' });
  ref.tell({ type: 'exit' });
  await new Promise(resolve => setImmediate(resolve));
  // This thread stands still until that one has ended.
  system.threads.threads[0]!.join(patient);
  await until(() => heard.length === 2);
  expect(heard).toEqual([expect.stringContaining('last words'), 'down']);
});

// A killed worker can't be taken over, and a new one needs seconds on a busy machine.
test(
  'killed threads under load: every message is counted once, or its sender hears of it',
  { timeout: 120_000 },
  async () => {
    const { system } = start(2);
    const children = Array.from({ length: 4 }, (_, n) => ({
      id: `a${n}`,
      start: adder,
      args: [0],
      options: { placement: { key: n } } as const,
    }));
    const sup = new Supervisor(system.spawn(supervisor({ intensity: 1000, period: 60_000, children })));
    const refs = (await Promise.all(children.map(({ id }) => sup.child(adder, id)))) as ActorRef<
      { type: 'sum'; reply: never } | { type: 'exit' }
    >[];
    let answered = 0;
    let failed = 0;
    for (let round = 0; round < 6; round++) {
      const asks = refs.flatMap(ref =>
        Array.from({ length: 25 }, () => ref.ask({ type: 'sum' }, { timeout: 20_000 })),
      );
      refs[round % 4]!.tell({ type: 'exit' });
      asks.push(
        ...refs.flatMap(ref =>
          Array.from({ length: 25 }, () => ref.ask({ type: 'sum' }, { timeout: 20_000 })),
        ),
      );
      for (const result of await Promise.allSettled(asks)) {
        if (result.status === 'fulfilled') answered += 1;
        else {
          expect(result.reason).toMatchObject({ reason: exit.threadDied });
          failed += 1;
        }
      }
    }
    expect(answered + failed).toBe(1200);
    expect(answered).toBeGreaterThan(300);
  },
);

test('stopping the system lets actors on other threads finish what they had accepted', async () => {
  const { system } = start(2);
  const seen: string[] = [];
  const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
  const refs = [1, 2].map(key => system.spawn(adder, { args: [], name: `a${key}`, placement: { key } }));
  for (const ref of refs) {
    ref.tell({ type: 'busy', ms: 20 });
    for (let n = 0; n < 50; n++) ref.tell({ type: 'pass', to: sink, text: String(n) });
  }
  await system.stop();
  expect(seen).toHaveLength(100);
});

test('the stop event reaches a busy loop on another thread; one that ignores it is terminated with its thread', async () => {
  for (const message of ['obey', 'ignore'] as const) {
    const { system, reports } = start(1);
    const seen: string[] = [];
    const sink = system.spawn((_context: Context<string>) => (text: string) => void seen.push(text));
    const ref = system.spawn(burner, {
      args: [sink],
      placement: 'leastLoaded',
      shutdown: message === 'obey' ? 60_000 : 200,
      name: 'burner',
    });
    ref.tell(message);
    await until(() => seen.length === 1);
    await system.stop();
    if (message === 'obey') {
      expect(seen).toEqual(['burns', 'was told to stop']);
      expect(reports).toEqual([]);
    } else {
      expect(seen).toEqual(['burns']);
      expect(reports).toMatchObject([
        { type: 'graceElapsed', path: '/burner', afterMs: 200 },
        { type: 'threadTerminated', thread: 'actors-1' },
      ]);
    }
  }
});

test('what is told between a crash and the restart is in shared memory: it survives the death of the thread meanwhile', async () => {
  const { system, letters } = start(1);
  const child = {
    id: 'adder',
    start: adder,
    args: [],
    options: { placement: 'leastLoaded' },
    // Long enough for the thread to be ended meanwhile, on a busy machine too.
    backoff: { min: 2000, max: 2000 },
  } as const;
  const sup = new Supervisor(system.spawn(supervisor({ children: [child], intensity: 3 }), { name: 'sup' }));
  const ref = (await sup.child(adder, 'adder'))!;
  const stopped = ref.whenStopped();
  ref.tell({ type: 'fail' });
  expect(await stopped).toMatchObject({ type: 'error' });
  for (let n = 0; n < 10; n++) ref.tell({ type: 'add', n: 1 });
  const asked = ref.ask({ type: 'sum' }, { timeout: 60_000 });
  // Behind them in the inbox: when it has answered, they have been taken out.
  const other = system.spawn(adder, { args: [], name: 'other', placement: 'leastLoaded' });
  expect(await other.ask({ type: 'sum' }, patient)).toBe(0);
  const died = other.whenStopped();
  other.tell({ type: 'exit' });
  expect(await died).toMatchObject({ type: 'threadDied' });
  expect(await asked).toBe(10);
  expect(letters).toEqual([]);
}, 60_000);
