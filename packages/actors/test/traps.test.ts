/** Traps that others have fallen into, and that need a real event loop or a real process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ActorSystem, behavior, exit, next } from '../src/index.ts';
import type { ActorRef, Behavior, Context, DeadLetter } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';

const index = new URL('../src/index.ts', import.meta.url).href;

/** Runs a program in a process that is killed if it doesn't end; resolves to its exit code and what it printed. */
async function run(program: string): Promise<[number | null, string]> {
  const child = spawn(
    process.execPath,
    ['--conditions=@heddle/source', '--input-type=module', '-e', program],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' },
  );
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', text => (printed += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return [code, printed];
}

test('timers of actors do not keep the program running', async () => {
  const [code, printed] = await run(`
    import { ActorSystem } from '${index}';
    import { cron } from '${index.replace('index.ts', 'cron/index.ts')}';
    const system = new ActorSystem({ threads: 0 });
    system.spawn(context => {
      context.timers.every('often', 1_000_000, 'tick');
      context.timers.after('once', 1_000_000, 'tick');
      context.timers.cron('yearly', cron('0 0 1 1 *'), 'tick');
      context.setReceiveTimeout(1_000_000);
      console.log('started');
      return () => {};
    });
  `);
  expect([code, printed]).toEqual([0, 'started\n']);
}, 90_000);

test('actors that never stop telling themselves, with and without promises, leave input and timers their time', async () => {
  const system = new ActorSystem({ threads: 0, report: () => {} });
  const counts = [0, 0];
  const again =
    (n: number, { self }: Context<number>) =>
    (): void => {
      counts[n]! += 1;
      self.tell(0);
    };
  const refs: ActorRef<number>[] = [
    system.spawn((context: Context<number>) => again(0, context)),
    system.spawn((context: Context<number>) => {
      const tell = again(1, context);
      return async () => {
        await Promise.resolve();
        tell();
      };
    }),
  ];
  for (const ref of refs) ref.tell(0);
  // Each of these would never come.
  for (let n = 0; n < 10; n++) {
    const before = [...counts];
    await new Promise(resolve => setTimeout(resolve, 1));
    await new Promise(resolve => setImmediate(resolve));
    expect(counts[0]).toBeGreaterThan(before[0]!);
    expect(counts[1]).toBeGreaterThan(before[1]!);
  }
  for (const ref of refs) system.exit(ref, { type: 'killed' });
  await system.stop();
});

test('a restart in place with a backoff: what waits is bounded by stashCapacity, the rest are dead letters', async () => {
  const kit = new TestSystem();
  const seen: number[] = [];
  const ref = kit.spawn(
    (_context: Context<number>) => n => {
      if (n < 0) throw new RangeError('as told');
      seen.push(n);
    },
    { onError: [[RangeError, 'restart']], backoff: { min: 1000, max: 1000 }, stashCapacity: 3 },
  );
  const letters: DeadLetter[] = [];
  kit.system.deadLetters.subscribe(letter => letters.push(letter));
  ref.tell(-1);
  await kit.settle();
  for (let n = 0; n < 5; n++) ref.tell(n);
  await kit.advance(999);
  expect(seen).toEqual([]);
  expect(letters).toMatchObject([3, 4].map(message => ({ message, reason: 'mailboxFull' })));
  await kit.advance(2);
  expect(seen).toEqual([0, 1, 2]);
});

test('a storm of dead letters is a line in the log now and then, with what they died of', async () => {
  const kit = new TestSystem();
  const ref = kit.spawn((_context: Context<number>) => () => {});
  kit.system.exit(ref, { type: 'killed' });
  await kit.settle();
  for (let n = 0; n < 10_000; n++) ref.tell(n);
  await kit.advance(20_000);
  for (let n = 0; n < 5; n++) ref.tell(n);
  await kit.advance(20_000);
  expect(kit.deadLetters).toHaveLength(10_005);
  expect(kit.reports).toMatchObject(
    [10_000, 5].map(count => ({ type: 'deadLetters', count, reasons: { stopped: count } })),
  );
});

test('equal messages that wait during a backoff are told apart: some wait, and each that is too many is a dead letter', async () => {
  const kit = new TestSystem();
  const seen: string[] = [];
  const ref = kit.spawn(
    (_context: Context<string>) => (message: string) => {
      if (message === 'crash') throw new Error('crash');
      seen.push(message);
    },
    { onError: [[Error, 'restart']], backoff: { min: 500, max: 500 }, stashCapacity: 10 },
  );
  ref.tell('crash');
  await kit.settle();
  for (let n = 0; n < 25; n++) ref.tell('again');
  expect(kit.deadLetters.map(({ reason }) => reason)).toEqual(Array(15).fill('mailboxFull'));
  await kit.advance(500);
  expect(seen).toEqual(Array(10).fill('again'));
});

test('a storm of messages during a backoff costs each of them the same', async () => {
  const kit = new TestSystem();
  const ref = kit.spawn(
    (_context: Context<unknown>) => () => {
      throw new Error('crash');
    },
    { onError: [[Error, 'restart']], backoff: { min: 500, max: 500 }, stashCapacity: 10_000 },
  );
  ref.tell('crash');
  await kit.settle();
  const cost = (): number => {
    const start = performance.now();
    for (let n = 0; n < 10_000; n++) ref.tell({ n });
    return performance.now() - start;
  };
  const accepted = cost();
  const refused = cost();
  expect(kit.deadLetters).toHaveLength(10_000);
  // It was a thousand times as much: each refusal looked at all that wait.
  expect(refused).toBeLessThan(50 * accepted + 100);
});

test('a handler that becomes what is no behaviour fails, and nobody else does', async () => {
  for (const isAsync of [false, true]) {
    const kit = new TestSystem();
    const become = (): unknown => next.become('nonsense' as unknown as () => void);
    const ref = kit.spawn(
      (_context: Context<string>) => () => (isAsync ? Promise.resolve().then(become) : become()),
    );
    ref.tell('go');
    await kit.settle();
    expect(kit.reports).toMatchObject([
      {
        type: 'crash',
        reason: {
          error: new TypeError(
            'next.become: a behaviour must be a function or an object with receive, got nonsense (string)',
          ),
        },
      },
    ]);
    expect(ref.alive).toBe(false);
  }
});

test.each(['stop', 'kill', 'end by themselves'])(
  'actors below each other by the thousands: %s',
  async how => {
    const DEPTH = 20_000;
    await using system = new ActorSystem({ threads: 0, report: () => {} });
    let started = 0;
    let ended = 0;
    function nest(context: Context<never>, depth: number): Behavior<never> {
      started += 1;
      if (depth > 0) context.spawn(nest, { args: [depth - 1] });
      return behavior<never>({ receive: () => {}, stopped: () => void (ended += 1) });
    }
    const top = system.spawn(nest, { args: [DEPTH] });
    while (started <= DEPTH) await new Promise(resolve => setImmediate(resolve));
    expect(system.inspect().children).toHaveLength(1);
    const whenStopped = top.whenStopped();
    if (how === 'stop') await system.stop();
    else system.exit(top, how === 'kill' ? exit.killed : exit.shutdown);
    expect(await whenStopped).toEqual(how === 'kill' ? exit.killed : exit.shutdown);
    expect(ended).toBe(how === 'kill' ? 0 : DEPTH + 1);
  },
  60_000,
);

test('escalate at the top of the tree ends that actor alone', async () => {
  const kit = new TestSystem();
  const failing = kit.spawn(
    (_context: Context<string>) => () => {
      throw new RangeError('top');
    },
    { onError: [[RangeError, 'escalate']] },
  );
  const other = kit.spawn((_context: Context<string>) => () => {});
  failing.tell('go');
  await kit.settle();
  expect([failing.alive, other.alive]).toEqual([false, true]);
  expect(kit.spawn((_context: Context<string>) => () => {}).alive).toBe(true);
});

test('what fails outside of the actors is heard of by the program, and stops no other actor', async () => {
  const [code, printed] = await run(`
    import { ActorSystem } from '${index}';
    process.on('uncaughtException', ({ message }) => console.log('heard:', message));
    const observer = { exited({ name }) { if (name === 'odd') throw new Error('an observer') } };
    await using system = new ActorSystem({ threads: 0, report() {}, observer });
    const odd = system.spawn(() => () => { throw new Error('crash') }, { name: 'odd' });
    const other = system.spawn(() => message => message.reply.tell('goes on'));
    odd.tell('go');
    console.log(await other.ask({}));
  `);
  expect([code, printed.split('\n').filter(Boolean).toSorted()]).toEqual([
    0,
    ['goes on', 'heard: an observer'],
  ]);
}, 90_000);
