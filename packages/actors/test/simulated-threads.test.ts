/** The testkit's simulated threads: one seed, one trace, whatever dies. */
import { expect, test } from 'vitest';
import { Supervisor, behavior, exit, supervisor } from '../src/index.ts';
import type { ActorRef, Context, DeadLetter, ExitReason } from '../src/index.ts';
import { MOST_SLOTS } from '../src/runtime/runtime.ts';
import { TestSystem } from '../src/testkit/index.ts';
import type { Faults } from '../src/testkit/index.ts';
import { echo, fragile, relay, slow, ticker } from './simulated-threads.fixture.ts';

const elsewhere = { placement: 'leastLoaded' } as const;
const roomy = { intensity: 10_000, period: 1000 } as const;

async function start(seed: number, faults?: Faults) {
  const kit = new TestSystem({ seed, threads: 3, ...(faults !== undefined && { faults }) });
  const probe = kit.probe<string>('probe');
  const children = ['a', 'b', 'c'].map(id => ({
    id,
    start: echo,
    args: [probe.ref],
    options: elsewhere,
  }));
  const sup = new Supervisor(kit.spawn(supervisor({ children, ...roomy }), { name: 'sup' }));
  const refs = await kit.until(Promise.all(children.map(({ id }) => sup.child(echo, id))));
  const send = (from: number, to: number): void => {
    for (let n = from; n < to; n++) for (const ref of refs) ref!.tell(n);
  };
  return { kit, heard: probe.messages, send };
}

async function run(seed: number, faults?: Faults) {
  const it = await start(seed, faults);
  it.send(0, 20);
  await it.kit.advance(1000);
  return it;
}

test('the same seed gives the same trace, another seed another interleaving', async () => {
  const traces = await Promise.all([1, 1, 2, 3].map(async seed => (await run(seed)).heard));
  expect(traces[0]).toEqual(traces[1]);
  expect(new Set(traces.map(trace => trace.join())).size).toBe(3);
});

test('with crashes, losses, delays and threads that die too', async () => {
  const lived = async (seed: number) => {
    const it = await start(seed, { delay: 0.1, drop: 0.05, crash: 0.05, only: path => path !== '/sup' });
    for (let slot = 1; slot <= 3; slot++) {
      it.send(slot * 10, slot * 10 + 10);
      await it.kit.steps(7 * slot);
      it.kit.killThread(slot);
      await it.kit.advance(1000);
    }
    return it;
  };
  const [a, b] = await Promise.all([lived(5), lived(5)]);
  expect(a.heard).toEqual(b.heard);
  expect(a.kit.trace).toEqual(b.kit.trace);
  expect(a.kit.reports.filter(({ type }) => type === 'threadDied')).toHaveLength(3);
  expect(a.kit.reports.some(({ type }) => type === 'crash')).toBe(true);
});

test('threads that die by chance: the same seed, the same deaths', async () => {
  const lived = async () => {
    const kit = new TestSystem({ seed: 3, threads: 2, faults: { threadDeath: 0.05 } });
    const probe = kit.probe<string>('probe');
    for (let n = 0; n < 20; n++) {
      const ref = kit.spawn(echo, { args: [probe.ref], name: `echo-${n}`, ...elsewhere });
      ref.tell(n);
      await kit.settle();
    }
    return kit;
  };
  const [a, b] = await Promise.all([lived(), lived()]);
  expect(a.trace).toEqual(b.trace);
  expect(a.trace.filter(line => line.endsWith('threadDied')).length).toBeGreaterThan(0);
});

test.each(Array.from({ length: 25 }, (_, n) => n + 1))(
  'seed %i: whenever a thread dies, what is waiting in shared memory reaches the next incarnation once and in order',
  async seed => {
    const { kit, heard, send } = await start(seed);
    for (let round = 0; round < 3; round++) {
      send(round * 10, round * 10 + 10);
      await kit.steps((seed * 7 + round * 13) % 40);
      kit.killThread(1 + (round % 3));
      await kit.settle();
    }
    for (const id of ['a', 'b', 'c']) {
      const own = heard.filter(line => line.startsWith(`sup/${id} `)).map(line => Number(line.split(' ')[1]));
      expect(own).toEqual(Array.from({ length: 30 }, (_, n) => n));
    }
  },
);

/** Has threads die again and again, some before they have done anything, and does `between` before each death. */
async function massacre(kit: TestSystem, seed: number, between: (roll: (sides: number) => number) => void) {
  let dice = seed;
  const roll = (sides: number): number => {
    dice = (Math.imul(dice, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (dice >>> 8) % sides;
  };
  for (let death = 0; death < 12; death++) {
    between(roll);
    await kit.steps(roll(12));
    kit.killThread(1 + roll(roll(2) === 0 ? 1 : 3));
  }
  await kit.settle();
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test.each(Array.from({ length: 40 }, (_, n) => n + 1))(
  'seed %i: nor does it matter that successors die as well, before they have handed over what they found',
  async seed => {
    const { kit, heard, send } = await start(seed);
    let sent = 0;
    await massacre(kit, seed, roll => {
      const more = roll(8);
      send(sent, sent + more);
      sent += more;
    });
    for (const id of ['a', 'b', 'c']) {
      const own = heard.filter(line => line.startsWith(`sup/${id} `)).map(line => Number(line.split(' ')[1]));
      expect(own).toEqual(upTo(sent));
    }
  },
);

test.each(Array.from({ length: 40 }, (_, n) => n + 1))(
  'seed %i: questions, and what actors on dying threads tell each other, survive that too',
  async seed => {
    const kit = new TestSystem({ seed, threads: 3 });
    const probe = kit.probe<number>('probe');
    const tail = new Supervisor(
      kit.spawn(
        supervisor({
          children: [
            { id: 'relay', start: relay, args: [probe.ref as ActorRef<number>], options: elsewhere },
          ],
          ...roomy,
        }),
      ),
    );
    const second = (await kit.until(tail.child(relay, 'relay')))!;
    const head = new Supervisor(
      kit.spawn(
        supervisor({
          children: [{ id: 'relay', start: relay, args: [second as ActorRef<number>], options: elsewhere }],
          ...roomy,
        }),
      ),
    );
    const first = (await kit.until(head.child(relay, 'relay')))!;
    const answers: Promise<number>[] = [];
    let sent = 0;
    await massacre(kit, seed, roll => {
      for (let more = roll(8); more > 0; more--) {
        first.tell(sent++);
        for (const ref of [first, second]) answers.push(ref.ask({ n: answers.length }, { timeout: 10_000 }));
      }
    });
    expect(probe.messages).toEqual(upTo(sent));
    // No handler waits for anything, so no death finds one in the midst of a question.
    expect(await kit.until(Promise.all(answers))).toEqual(upTo(sent * 2));
  },
);

test.each(upTo(24))(
  'a stop that was on its way when the thread died, %i steps later, is not for the next incarnation',
  async steps => {
    const kit = new TestSystem({ seed: steps, threads: 2 });
    const probe = kit.probe<string>('probe');
    const children = [1, 2].map(
      key =>
        ({
          id: `a${key}`,
          start: echo,
          args: [probe.ref],
          restart: 'transient',
          options: { placement: { key } },
        }) as const,
    );
    const options = { children, strategy: 'oneForAll', ...roomy } as const;
    const sup = new Supervisor(kit.spawn(supervisor(options), { name: 'sup' }));
    const refs = (await kit.until(Promise.all(children.map(({ id }) => sup.child(echo, id))))).map(
      ref => ref!,
    );
    const [first, second] = refs.map(({ id }) => id % MOST_SLOTS);
    expect(first).not.toBe(second);
    // The other's end has the supervisor stop this one.
    kit.killThread(second!);
    await kit.steps(steps);
    kit.killThread(first!);
    await kit.settle();
    for (const ref of refs) ref.tell(1);
    await kit.settle();
    expect([...probe.messages].sort()).toEqual(['sup/a1 1', 'sup/a2 1']);
  },
);

test('a thread that is killed takes its actors with threadDied; unsupervised ones are gone, and watchers are told', async () => {
  const kit = new TestSystem({ threads: 1 });
  const probe = kit.probe<string>('probe');
  const lost = kit.spawn(slow, { args: [probe.ref], name: 'lost', ...elsewhere });
  const stopped = lost.whenStopped();
  lost.tell(1);
  // It has begun that one, and waits for its promise.
  while (!kit.trace.includes('+ /lost')) await kit.settle();
  kit.killThread(1);
  expect(await kit.until(stopped)).toEqual(exit.threadDied);
  expect(kit.trace).toContain('- /lost threadDied');
  expect(() => kit.killThread(2)).toThrow(/there is no thread 2, of 1/);
});

test('virtual time passes on all threads; timers of a dead thread never ring', async () => {
  const kit = new TestSystem({ threads: 2 });
  const probe = kit.probe<string>('probe');
  kit.spawn(ticker, { args: [probe.ref], ...elsewhere });
  await kit.advance(3500);
  expect(probe.messages).toHaveLength(3);
  kit.killThread(1);
  kit.killThread(2);
  await kit.advance(10_000);
  expect(probe.messages).toHaveLength(3);
});

test('an actor on a simulated thread is held and released like any other', async () => {
  const kit = new TestSystem({ threads: 1 });
  const probe = kit.probe<string>('probe');
  const ref = kit.spawn(echo, { args: [probe.ref], name: 'echo', ...elsewhere });
  await kit.settle();
  kit.hold(ref as ActorRef<never>);
  ref.tell(1);
  ref.tell(2);
  await kit.settle();
  expect(probe.messages).toEqual([]);
  kit.release(ref as ActorRef<never>);
  await kit.settle();
  expect(probe.messages).toEqual(['echo 1', 'echo 2']);
});

/** A `fragile` on another thread that comes back half a second after each crash, and for which so many messages may wait until then. */
async function slowlyRestarted(kit: TestSystem, probe: ActorRef<number>, stashCapacity: number) {
  const child = {
    id: 'fragile',
    start: fragile,
    args: [probe],
    options: { ...elsewhere, stashCapacity } as const,
    backoff: { min: 500, max: 500 },
  };
  const sup = new Supervisor(kit.spawn(supervisor({ children: [child], ...roomy }), { name: 'sup' }));
  return { sup, ref: (await kit.until(sup.child(fragile, 'fragile')))! };
}

test.each(Array.from({ length: 40 }, (_, n) => n + 1))(
  'seed %i: what comes between a crash and the restart survives the death of the thread as well',
  async seed => {
    const kit = new TestSystem({ seed, threads: 2 });
    const probe = kit.probe<number>('probe');
    const { ref } = await slowlyRestarted(kit, probe.ref, 1000);
    const answers: Promise<number>[] = [];
    let sent = 0;
    for (let round = 0; round < 4; round++) {
      ref.tell('fail');
      for (let n = 0; n < 10; n++) {
        ref.tell(sent++);
        answers.push(ref.ask({ n: answers.length }, { timeout: 100_000 }));
      }
      // The crash is handled, and the rest has been told to nobody, or to a dead one; the restart is half a second away.
      await kit.steps((seed * 5 + round * 11) % 60);
      kit.killThread(ref.id % MOST_SLOTS);
      await kit.steps((seed * 3) % 17);
      if (seed % 2 === 0) await kit.advance(2000);
    }
    await kit.advance(60_000);
    expect(probe.messages).toEqual(upTo(sent));
    expect(await kit.until(Promise.all(answers))).toEqual(upTo(sent));
  },
);

test('between a crash and the restart: watches are answered at once, more than may wait is refused, and what waits is dead if the actor stays away', async () => {
  const kit = new TestSystem({ threads: 1 });
  const probe = kit.probe<number>('probe');
  const { sup, ref } = await slowlyRestarted(kit, probe.ref, 3);
  const letters: DeadLetter[] = [];
  kit.system.deadLetters.subscribe(letter => letters.push(letter));
  ref.tell('fail');
  await kit.settle();
  const ends: ExitReason[] = [];
  kit.spawn((context: Context<never>) => {
    context.watch(ref);
    return behavior<never>({
      receive: () => {},
      signal: signal => void (signal.type === 'down' && ends.push(signal.reason)),
    });
  });
  for (let n = 0; n < 5; n++) ref.tell(n);
  const sending = expect(ref.send(5)).rejects.toThrow('3 messages wait for its restart already');
  await kit.settle();
  await sending;
  expect(ends).toEqual([exit.noproc]);
  expect(letters).toMatchObject([3, 4, 5].map(message => ({ message, reason: 'mailboxFull' })));
  await kit.advance(1000);
  expect(probe.messages).toEqual([0, 1, 2]);
  ref.tell('fail');
  ref.tell(6);
  await kit.settle();
  await kit.until(sup.terminateChild('fragile'));
  await kit.until(sup.deleteChild('fragile'));
  await kit.settle();
  expect(letters.slice(3)).toMatchObject([{ message: 6, reason: 'stopped' }]);
});
