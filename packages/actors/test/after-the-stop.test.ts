/** What is still told, asked and awaited when a system with threads has stopped: nothing waits, nothing is lost uncounted, and the program ends. */
import { proxy, releaseProxy } from 'comlink';
import { expect, test } from 'vitest';
import { ActorSystem, exit, wrap } from '../src/index.ts';
import type { ActorRef, DeadLetter } from '../src/index.ts';
import { answering } from './claims.fixture.ts';
import { account } from './threads.fixture.ts';

/** A ref of an actor on another thread, whose system has stopped. */
async function stopped() {
  const system = new ActorSystem({ threads: 1, report: () => {} });
  const ref = system.spawn(answering, { name: 'late', placement: 'leastLoaded' });
  expect(await ref.ask({}, { timeout: 60_000 })).toBe('pong');
  await system.stop();
  const letters: DeadLetter[] = [];
  system.deadLetters.subscribe(letter => letters.push(letter));
  return { ref, letters };
}

test('a question to an actor of a thread that ended with the system is refused at once', async () => {
  const { ref, letters } = await stopped();
  await expect(ref.ask({}, { timeout: Infinity })).rejects.toMatchObject({ reason: exit.noproc });
  expect(letters).toMatchObject([{ path: '/late', reason: 'stopped' }]);
});

test('so is a send, and what is told is counted', async () => {
  const { ref, letters } = await stopped();
  const open = ref as ActorRef<unknown>;
  open.tell({ n: 1 });
  await expect(open.send({ n: 2 }, { timeout: 60_000 })).rejects.toMatchObject({ reason: exit.noproc });
  await expect(open.send({ n: 3 })).rejects.toMatchObject({ reason: exit.noproc });
  expect(letters).toMatchObject([1, 2, 3].map(n => ({ message: { n }, path: '/late', reason: 'stopped' })));
});

test('who waits for its end knows of it', async () => {
  const { ref } = await stopped();
  expect(await ref.whenStopped({ timeout: 20_000 })).toEqual(exit.noproc);
  expect(ref.alive).toBe(false);
});

test('a proxy that is released then, by hand or by collection, asks nobody', async () => {
  const system = new ActorSystem({ threads: 1, report: () => {} });
  const remote = wrap(system.spawn(account, { args: [100], placement: 'leastLoaded' }));
  expect(await remote.withdraw(1)).toBe(99);
  await system.stop();
  remote[releaseProxy]();
  await new Promise(resolve => setTimeout(resolve, 20));
  expect([system.deadLetters.count, system.threads.connect().questions]).toEqual([0, 0]);
});

test(
  'the answer of a lent function, come when the actor that called it has ended, is no dead letter',
  { timeout: 60_000 },
  async () => {
    const system = new ActorSystem({ threads: 1, report: () => {} });
    const letters: DeadLetter[] = [];
    system.deadLetters.subscribe(letter => letters.push(letter));
    // Which of the two is first is chance: of one system, it was the actor's end more often than not.
    for (let round = 0; round < 25; round++) {
      const ref = system.spawn(account, { args: [100], placement: 'leastLoaded' });
      const left: number[] = [];
      let ended = Promise.resolve<unknown>(undefined);
      const done = proxy((each: number) => {
        if (left.push(each) === 2) ended = system.stop(ref);
      });
      await wrap(ref).each([1, 2], done);
      while (left.length < 2) await new Promise(resolve => setTimeout(resolve, 1));
      await ended;
    }
    await system.stop();
    expect(letters).toEqual([]);
  },
);
