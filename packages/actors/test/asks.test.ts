/** Questions to actors of other threads: what arrives of them, and what is left of them afterwards. */
import { expect, test } from 'vitest';
import { ActorSystem, next } from '../src/index.ts';
import type { ActorRef, Context } from '../src/index.ts';
import { answerer, chatter, looker, passer, player } from './asks.fixture.ts';

/** Long enough for a thread to come up on a busy machine. */
const patient = { timeout: 100_000 };

test('a question is what it was when it was asked, with its reply and with refs in it', async () => {
  await using system = new ActorSystem({ threads: 1 });
  const ref = system.spawn(looker, { placement: 'leastLoaded' });
  const question = { type: 'look' as const, n: 0 };
  const answers = [1, 2, 3].map(n => ref.ask(Object.assign(question, { n }), patient));
  expect(await Promise.all(answers)).toEqual([1, 2, 3].map(n => [['type', 'n', 'reply'], n]));
  const { promise, resolve } = Promise.withResolvers<string>();
  const to = system.spawn((_context: Context<string>) => resolve);
  expect(await ref.ask({ type: 'look', n: 4, to })).toEqual([['type', 'n', 'to', 'reply'], 4]);
  expect(await promise).toBe('asked 4');
  // A reply of the asker's own has no way to the other thread, and needs none.
  const own = { type: 'look' as const, n: 5, reply: { tell() {}, fail() {} } };
  expect(await ref.ask(own)).toEqual([['type', 'n', 'reply'], 5]);
});

test('what is wrong with a question is a rejection, not an error thrown', async () => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  const ref = system.spawn(looker, { placement: 'leastLoaded' });
  const asked = [
    ref.ask({ type: 'look', n: 1 }, { timeout: -1 }),
    ref.ask('look' as never),
    ref.ask({ type: 'look', n: 1 }, { signal: AbortSignal.abort(new Error('no longer')) }),
    ref.ask({ type: 'look', n: (() => 1) as never }),
  ];
  const reasons = await Promise.allSettled(asked);
  expect(reasons.map(each => (each.status === 'rejected' ? String(each.reason) : 'answered'))).toEqual([
    expect.stringContaining('timeout must be 0 or more'),
    expect.stringContaining('a question must be an object'),
    'Error: no longer',
    expect.stringContaining('message.n'),
  ]);
});

test('nothing of a question stays, also if its reply has left this thread twice', async () => {
  await using system = new ActorSystem({ threads: 2, report: () => {} });
  const reasons: string[] = [];
  system.deadLetters.subscribe(({ reason }) => void reasons.push(reason));
  const others = ['a', 'b'].map(answer =>
    system.spawn(answerer, { args: [answer], placement: 'leastLoaded' }),
  );
  const local = system.spawn(passer, { args: [others] });
  for (let n = 0; n < 20; n++) expect(await local.ask({}, patient)).toMatch(/^[ab]$/);
  expect(system.threads.connect().questions).toBe(0);
  // The second answer to each comes too late.
  await expect.poll(() => reasons, { timeout: 30_000 }).toEqual(Array(20).fill('lateReply'));
});

test("the main thread's timers are served while an actor there and one elsewhere answer each other", async () => {
  await using system = new ActorSystem({ threads: 1 });
  const away = system.spawn(player, { placement: 'leastLoaded' });
  let balls = 0;
  let over = false;
  type Ball = { left: number; to: ActorRef<Ball> };
  const here = system.spawn((context: Context<Ball>) => ({ left, to }: Ball) => {
    balls += 1;
    if (over) return next.stop();
    to.tell({ left, to: context.self });
    return undefined;
  });
  away.tell({ left: 0, to: here });
  await expect.poll(() => balls, { timeout: 60_000 }).toBeGreaterThan(0);
  // A machine with other work may be slow at times; timers that aren't served are slow always.
  let ticks = 0;
  for (let attempt = 0; attempt < 20 && ticks <= 20; attempt++) {
    ticks = balls = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    await new Promise(resolve => setTimeout(resolve, 300));
    clearInterval(timer);
    expect(balls).toBeGreaterThan(10);
  }
  over = true;
  await here.whenStopped();
  expect(ticks).toBeGreaterThan(20);
});

test('what comes just behind an answer is found, though nobody asks again', async () => {
  await using system = new ActorSystem({ threads: 1 });
  const away = system.spawn(chatter, { placement: 'leastLoaded' });
  let told: (spins: number) => void = () => {};
  const to = system.spawn((_context: Context<number>) => (spins: number) => told(spins));
  for (let n = 0; n < 600; n++) {
    // From at once to some hundred microseconds, when this thread has gone to sleep.
    const spins = (n * 7919) % (n % 2 === 0 ? 60_000 : 4000);
    const next = new Promise<number>(resolve => (told = resolve));
    expect(await away.ask({ spins, to }, patient)).toBe(spins);
    expect(await next).toBe(spins);
  }
});

test('of questions with the default timeout only those fail that have had no answer for five seconds', async () => {
  await using system = new ActorSystem({ threads: 1 });
  const mute = system.spawn(passer, { args: [[]], placement: 'leastLoaded' });
  const quick = system.spawn(looker, { placement: 'leastLoaded' });
  const start = performance.now();
  const failed = [0, 1].map(n =>
    mute.ask({}).catch((error: unknown) => [n, String(error), performance.now() - start] as const),
  );
  for (let n = 0; n < 200; n++) expect((await quick.ask({ type: 'look', n }, patient))[1]).toBe(n);
  const later = performance.now();
  const third = mute.ask({}).catch(() => performance.now() - later);
  for (const [n, verdict] of (await Promise.all(failed)).entries()) {
    const [which, error, after] = verdict as readonly [number, string, number];
    expect([which, error]).toEqual([n, expect.stringContaining('no answer within 5000 ms')]);
    expect(after).toBeGreaterThanOrEqual(5000);
    expect(after).toBeLessThan(15_000);
  }
  expect(await third).toBeGreaterThanOrEqual(5000);
  expect(system.threads.connect().questions).toBe(0);
});
