/** What the testkit does wrong on purpose: each kind does what it says, to plain messages, ticks and questions alike, and the rest of the rules still holds. */
import { expect, test } from 'vitest';
import { Supervisor, behavior, supervisor } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import type { Faults } from '../src/testkit/index.ts';
import { describeReport } from '../src/runtime/report.ts';

type Message =
  | { readonly type: 'note'; readonly n: number }
  | { readonly type: 'get'; readonly reply: Reply<number> };

function notes(kit: TestSystem, options: object = {}) {
  const heard: number[] = [];
  const ref = kit.spawn(
    (_context: Context<Message>) => (message: Message) => {
      if (message.type === 'note') heard.push(message.n);
      else message.reply.tell(heard.length);
    },
    { name: 'notes', ...options },
  );
  return { ref, heard };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('drop: the message is a dead letter, the question is refused at once, the timer goes on', async () => {
  const kit = new TestSystem({ faults: { drop: 1, only: path => path === '/notes' } });
  const { ref, heard } = notes(kit);
  ref.tell({ type: 'note', n: 1 });
  await expect(kit.until(ref.ask({ type: 'get' }, { timeout: 1000 }))).rejects.toThrow(
    'ask /notes: the message was not taken (dropped)',
  );
  expect([heard, kit.now]).toEqual([[], 0]);
  expect(kit.deadLetters).toMatchObject([
    { message: { type: 'note', n: 1 }, path: '/notes', reason: 'dropped' },
    { message: { type: 'get' }, path: '/notes', reason: 'dropped' },
  ]);
});

test.each(['every', 'everyFixedRate'] as const)(
  'timers.%s goes on, whatever befalls its ticks',
  async kind => {
    for (const faults of [
      { drop: 0.3 },
      { crash: 0.3 },
      { delay: 0.5, delayMs: 50 },
      { reorder: 0.5 },
    ] satisfies Faults[]) {
      const kit = new TestSystem({ faults });
      let ticks = 0;
      kit.spawn(
        (context: Context<'tick'>) => {
          context.timers[kind]('tick', 100, 'tick');
          return () => void (ticks += 1);
        },
        { onError: [[Error, 'resume']] },
      );
      await kit.advance(10_000);
      expect([faults, ticks > 50]).toEqual([faults, true]);
    }
  },
);

test('crash: the report names the message, and a question hears of the end', async () => {
  const kit = new TestSystem({ faults: { crash: 1, only: path => path === '/notes' } });
  const { ref } = notes(kit);
  await expect(kit.until(ref.ask({ type: 'get' }))).rejects.toThrow(
    'ask /notes: the actor has ended (InjectedCrash: injected by the test)',
  );
  expect(kit.reports).toMatchObject([{ type: 'crash', path: '/notes', message: 'get', directive: 'stop' }]);
  expect(describeReport(kit.reports[0]!)).toMatch(
    /^Actor \/notes failed at message get \(restarted 0 times before\): stop: InjectedCrash/,
  );
});

test('crash: nobody fails at a tick that was cancelled while it waited', async () => {
  const kit = new TestSystem({ faults: { crash: 1, only: path => path === '/late' } });
  const watched = kit.spawn((_context: Context<never>) => () => {});
  const late = kit.spawn(
    (context: Context<'tick'>) => {
      context.timers.after('tick', 100, 'tick');
      context.watch(watched);
      return behavior<'tick'>({ receive: () => {}, signal: () => void context.timers.cancel('tick') });
    },
    { name: 'late' },
  );
  await kit.settle();
  kit.hold(late);
  await kit.advance(200);
  // The tick waits. The news of an end is a signal, and comes before it.
  await kit.until(kit.system.stop(watched));
  kit.release(late);
  await kit.settle();
  expect(kit.reports).toEqual([]);
  expect(late.alive).toBe(true);
});

test('supervised actors that crash come back, and what waits is heard by the next', async () => {
  const kit = new TestSystem({ seed: 4, faults: { crash: 0.2, only: path => path === '/sup/notes' } });
  const heard: number[] = [];
  const start = (_context: Context<number>) => (n: number) => void heard.push(n);
  const sup = new Supervisor(
    kit.spawn(supervisor({ intensity: 1000, children: [{ id: 'notes', start }] }), { name: 'sup' }),
  );
  const [child] = await kit.until(sup.children());
  for (const n of upTo(50)) (child!.ref as ActorRef<number>).tell(n);
  await kit.settle();
  const crashes = kit.reports.filter(({ type }) => type === 'crash').length;
  expect(crashes).toBeGreaterThan(3);
  expect(heard.length).toBe(50 - crashes);
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
});

test('delay: all come, within the time, some after what was told later', async () => {
  const kit = new TestSystem({ faults: { delay: 0.5, delayMs: 40 } });
  const { ref, heard } = notes(kit);
  for (const n of upTo(20)) ref.tell({ type: 'note', n });
  await kit.settle();
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.length).toBeLessThan(20);
  await kit.advance(40);
  expect(heard.toSorted((a, b) => a - b)).toEqual(upTo(20));
  expect(heard).not.toEqual(upTo(20));
});

test('reorder: all come, in another order, and never more wait than may', async () => {
  const kit = new TestSystem({ faults: { reorder: 0.5 } });
  const { ref, heard } = notes(kit, { mailbox: { capacity: 5, whenFull: 'dropNew' } });
  kit.hold(ref);
  for (const n of upTo(5)) ref.tell({ type: 'note', n });
  for (const n of upTo(5)) ref.tell({ type: 'note', n: 10 + n });
  kit.release(ref);
  await kit.settle();
  expect(heard.toSorted((a, b) => a - b)).toEqual(upTo(5));
  expect(heard).not.toEqual(upTo(5));
  expect(kit.deadLetters).toHaveLength(5);
});

test('reorder: the latest of each key is one all the same', async () => {
  const kit = new TestSystem({ faults: { reorder: 0.5 } });
  const { ref, heard } = notes(kit, { mailbox: { whenFull: 'latestByKey', key: () => 'one' } });
  kit.hold(ref);
  for (const n of upTo(10)) ref.tell({ type: 'note', n });
  kit.release(ref);
  await kit.settle();
  expect(heard).toEqual([9]);
});

test('a message that will crash has the place and the key that are its own', async () => {
  const kit = new TestSystem({ faults: { crash: 1, only: path => path === '/notes' } });
  const { ref } = notes(kit, { mailbox: { whenFull: 'latestByKey', key: ({ n }: { n: number }) => n } });
  kit.hold(ref);
  for (const n of [1, 2, 1, 2, 1]) ref.tell({ type: 'note', n });
  await kit.settle();
  expect(kit.deadLetters.map(({ reason }) => reason)).toEqual(['superseded', 'superseded', 'superseded']);
});

test.each([
  [{ faults: { drop: 2 } }, 'TestSystem: faults.drop must be a likelihood from 0 to 1, got 2 (number)'],
  [{ faults: { crash: '0.5' } }, 'faults.crash must be a likelihood from 0 to 1, got 0.5 (string)'],
  [{ faults: { delay: Number.NaN } }, 'faults.delay must be a likelihood from 0 to 1, got NaN (number)'],
  [{ faults: { dorp: 1 } }, 'TestSystem: faults: there is no option "dorp"; there are drop, delay,'],
  [{ faults: { delayMs: -5 } }, 'faults.delayMs must be 0 or more milliseconds, got -5 (number)'],
  [{ faults: { only: '/a' } }, "faults.only must be a function of the actor's path, got /a (string)"],
  [{ faults: 0.5 }, 'faults must be an object of likelihoods, got 0.5 (number)'],
  [{ seed: 'x' }, 'TestSystem: seed must be a whole number, got x (string)'],
  [{ sede: 1 }, 'TestSystem: there is no option "sede"; there are seed, faults, threads, onEvent'],
])('misuse: %o', (options, message) => {
  expect(() => new TestSystem(options as never)).toThrow(message);
});
