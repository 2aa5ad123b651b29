/** Dedicated actors ask and send: by blocking, and by promises. */
import { Event } from '@heddle/core';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem } from '../src/index.ts';
import type { Context, DeadLetter, Placement, Report } from '../src/index.ts';
import { impatient, narrow, oracle, promising, waiting, worker } from './dedicated-asks.fixture.ts';

const patient = { timeout: 60_000 };

let system: ActorSystem;
let letters: DeadLetter[];
let reports: Report[];
afterEach(() => system.stop());

function start(threads = 1) {
  letters = [];
  reports = [];
  const seen: unknown[] = [];
  system = new ActorSystem({ threads, report: report => reports.push(report) });
  system.deadLetters.subscribe(letter => letters.push(letter));
  const sink = system.spawn((_context: Context<unknown>) => (each: unknown) => void seen.push(each));
  return { seen, sink };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve));
}

const ask = { type: 'ask' } as const;
const send = { type: 'send' } as const;

test.each<Placement>(['main', 'leastLoaded'])(
  'ask blocks until an actor (%s) has answered; an answer that comes too late is a dead letter, and not that of the next question',
  async placement => {
    start();
    const to = system.spawn(oracle, { placement });
    const ref = system.spawn(worker);
    expect(await ref.ask({ ...ask, to, n: 21 }, patient)).toBe(42);
    await expect(ref.ask({ ...ask, to, n: -1, options: { timeout: 20 } }, patient)).rejects.toMatchObject({
      name: 'TimeoutError',
      message: `ask ${to.path}: no answer within 20 ms`,
    });
    expect(await ref.ask({ ...ask, to, n: 4 }, patient)).toBe(8);
    await until(() => letters.length > 0);
    expect(letters).toMatchObject([{ message: -1, reason: 'lateReply' }]);
  },
);

test('a question to the dead, or to one who dies of it, fails at once; one to itself is refused', async () => {
  start();
  const to = system.spawn(oracle);
  const ref = system.spawn(worker, { name: 'worker' });
  const asked = ref.ask({ ...ask, to, n: -1, options: { timeout: Infinity } }, patient);
  const died = expect(asked).rejects.toMatchObject({
    name: 'ActorDiedError',
    message: expect.stringContaining(`ask ${to.path}: the actor has ended`),
  });
  // When it has been asked.
  await until(() => system.inspect().children.find(({ path }) => path === to.path)?.handled === 1);
  await system.stop(to);
  await died;
  await expect(ref.ask({ ...ask, to, n: 1 }, patient)).rejects.toMatchObject({ name: 'ActorDiedError' });
  await expect(ref.ask({ ...ask, to: ref as never, n: 1 }, patient)).rejects.toThrow(
    'ask /worker: an actor that blocks for itself would wait for ever; tell',
  );
});

test.each<Placement>(['main', 'leastLoaded'])(
  'send blocks until the mailbox of an actor (%s) has room; what was given up is not delivered',
  async placement => {
    const { seen, sink } = start();
    const gate = new Event();
    const to = system.spawn(narrow, { args: [gate, sink], placement });
    const ref = system.spawn(worker);
    // One is handled, one waits.
    for (const n of [1, 2]) expect(await ref.ask({ ...send, to, n }, patient)).toBe('sent');
    await expect(ref.ask({ ...send, to, n: 3, options: { timeout: 20 } }, patient)).rejects.toMatchObject({
      name: 'TimeoutError',
      message: `send ${to.path}: no room within 20 ms`,
    });
    const sent = ref.ask({ ...send, to, n: 4 }, patient);
    gate.set();
    expect(await sent).toBe('sent');
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 4]);
  },
);

test('the time of a send counts also while the thread that carries it stands still, and it is not delivered afterwards', async () => {
  const { seen, sink } = start(0);
  const [begun, go, over] = [new Event(), new Event(), new Event()];
  system.spawn(impatient, { args: [sink, begun, go, over] });
  while (!begun.isSet) await new Promise(resolve => setImmediate(resolve));
  go.set();
  // This thread is the one that carries it.
  expect(over.wait({ timeout: 60_000 })).toBe(true);
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
  expect(seen).toEqual([]);
});

test('an async one awaits ref.ask and ref.send, several at once; then its thread ends', async () => {
  const { seen, sink } = start();
  const answering = system.spawn(oracle);
  const nobody = system.spawn(oracle, { name: 'nobody' });
  await system.stop(nobody);
  const ref = system.spawn(promising, { args: [answering, sink, nobody] });
  expect(await ref.whenStopped(patient)).toEqual({ type: 'normal' });
  expect(seen).toEqual([
    [2, 4, 6],
    [
      `TimeoutError: ask ${answering.path}: no answer within 10 ms`,
      'ActorDiedError: ask /nobody: the actor has ended (noproc)',
      'Error: enough',
    ],
  ]);
});

test('who waits untilStop stops waiting when asked to stop', async () => {
  const { seen, sink } = start();
  const answering = system.spawn(oracle);
  const ref = system.spawn(waiting, { args: [answering, sink], shutdown: 60_000 });
  await until(() => system.inspect().children.find(({ path }) => path === answering.path)?.handled === 1);
  await system.stop(ref, patient);
  await until(() => seen.length === 1);
  expect(seen).toEqual(['AbortError']);
});

test('what is wrong is said where it is asked or sent', async () => {
  start();
  const to = system.spawn(oracle, { name: 'oracle' });
  const ref = system.spawn(worker);
  expect(await ref.ask({ type: 'misuse', to: to as never }, patient)).toEqual([
    'TypeError: ask: expected the ref of an actor, got [object Object] (object)',
    'TypeError: ask /oracle: a question must be an object, to which `reply` is added, got why (string)',
    expect.stringMatching(/^NotShareableError: message\.n: functions cannot be shared/),
    'RangeError: ask /oracle: timeout must be 0 or more milliseconds, got -1',
    expect.stringMatching(/^NotShareableError: message: symbols/),
    'TypeError: send /oracle: timeout must be a number of milliseconds, got 5 (string)',
    'no error: undefined',
  ]);
  await until(() => letters.length > 0);
  expect(letters).toMatchObject([{ path: '/oracle', reason: 'notShareable' }]);
  expect(reports).toMatchObject([
    {
      type: 'callbackFailed',
      callback: 'tell',
      error: { message: expect.stringMatching(/^message\.n: functions/) },
    },
  ]);
});
