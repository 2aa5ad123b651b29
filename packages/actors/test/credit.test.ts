/** Whoever waits for room gets it, whatever becomes of the message that made it. */
import { memoryUsage } from '@heddle/core';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, Supervisor, actor, exit, supervisor } from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { Claims, take } from '../src/runtime/node/claims.ts';
import { MOST_SLOTS } from '../src/runtime/runtime.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { asker, oracle, taker } from './credit.fixture.ts';

let system: ActorSystem | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

const BLOCKING = { mailbox: { capacity: 1, whenFull: 'block' } } as const;
const patient = { timeout: 30_000 };

test('a tick that was cancelled while it filled the mailbox leaves its room to those in line', async () => {
  system = new ActorSystem({ threads: 0, report: () => {} });
  const seen: string[] = [];
  let go!: () => void;
  const gate = new Promise<void>(resolve => (go = resolve));
  const ref = system.spawn(
    (context: Context<string>) => async (message: string) => {
      seen.push(message);
      if (message !== 'first') return;
      context.timers.after('tick', 0, 'tick');
      await gate;
      context.timers.cancel('tick');
    },
    BLOCKING,
  );
  await ref.send('first');
  while (system!.inspect().children.at(-1)?.waiting !== 1)
    await new Promise(resolve => setImmediate(resolve));
  const sent = [ref.send('second', patient), ref.send('third', patient)];
  go();
  await Promise.all(sent);
  await ref.send('fourth', patient);
  expect(seen.slice(0, 3)).toEqual(['first', 'second', 'third']);
});

test('an actor that is killed in the midst of a message leaves its room to those in line, who reach the next instance', async () => {
  system = new ActorSystem({ threads: 0, report: () => {} });
  const seen: string[] = [];
  const victim = actor(
    import.meta,
    function victim(context: Context<string>) {
      return (message: string) => {
        seen.push(message);
        if (message === 'die') context.exit(context.self, exit.killed);
      };
    },
    BLOCKING,
  );
  const sup = new Supervisor(system.spawn(supervisor({ children: [{ id: 'it', start: victim }] })));
  const ref = (await sup.child(victim, 'it'))!;
  // Both in one turn: the second finds the mailbox full.
  const sent = [ref.send('die', patient), ref.send('after', patient)];
  await Promise.all(sent);
  await ref.send('last', patient);
  expect(seen.slice(0, 2)).toEqual(['die', 'after']);
});

test('a send that can be given up leaves nothing in shared memory, without the help of any collection', async () => {
  system = new ActorSystem({ threads: 1, report: () => {} });
  const ref = system.spawn(taker, { placement: 'leastLoaded' });
  const rounds = async (): Promise<void> => {
    for (let n = 0; n < 2000; n++) await ref.send(n, patient);
    expect(await ref.ask({ question: true }, patient)).toBe('here');
  };
  await rounds();
  const before = memoryUsage().used;
  await rounds();
  expect(memoryUsage().used - before).toBeLessThan(16_384);
});

test('the answer to a question of a dead thread is not taken for one to its successor', async () => {
  const kit = new TestSystem({ threads: 2 });
  const probe = kit.probe<readonly [number, number]>('probe');
  const sup = new Supervisor(
    kit.spawn(supervisor({ strategy: 'oneForOne', intensity: 10, period: 1000 }), { name: 'sup' }),
  );
  const slotOf = (key: number): number => kit.system.threads.connect().agents.place({ key });
  const keys = [slotOf(0), slotOf(1)].every(slot => slot === slotOf(0)) ? [0, 2] : [0, 1];
  const [one, two] = keys.map(key => ({ placement: { key: key! } }));
  await kit.until(sup.startChild({ id: 'oracle', start: oracle, options: one! }));
  const oracleRef = (await kit.until(sup.child(oracle, 'oracle')))!;
  await kit.until(sup.startChild({ id: 'asker', start: asker, args: [oracleRef, probe.ref], options: two! }));
  const askerRef = (await kit.until(sup.child(asker, 'asker')))!;
  expect(oracleRef.id % MOST_SLOTS).not.toBe(askerRef.id % MOST_SLOTS);
  askerRef.tell(1);
  await kit.settle();
  kit.killThread(askerRef.id % MOST_SLOTS);
  await kit.settle();
  askerRef.tell(2);
  await kit.settle();
  for (let n = 0; n < 2; n++) oracleRef.tell('answer the oldest');
  await kit.settle();
  expect(probe.messages).toEqual([[2, 2]]);
});

test('a claim is had once: by who delivers or who gives up; an earlier turn of its word has none', () => {
  const claims = new Claims();
  const first = claims.open();
  const second = claims.open();
  expect(take(first)).toBe(true);
  expect(take(first)).toBe(false);
  claims.close(first);
  // The word is used again: the message of before, wherever it still lies, isn't wanted any more, and takes nothing from the one of now.
  const third = claims.open();
  expect(third.slice(0, 2)).toEqual(first.slice(0, 2));
  expect(take(first)).toBe(false);
  expect(take(third)).toBe(true);
  // Settled without having been taken.
  claims.close(second);
  expect(take(second)).toBe(false);
  // More than one chunk has.
  const many = Array.from({ length: 200 }, () => claims.open());
  expect(many.map(take)).toEqual(many.map(() => true));
});
