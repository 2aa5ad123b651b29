/** Exit signals, links and watches, wherever the two are: the same on one thread as between threads. Source: OTP's exit signals. */
import { describe, expect, test } from 'vitest';
import { behavior, describeReason, exit, router } from '../src/index.ts';
import type { ActorRef, Context, ExitReason, Placement, Reply } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { echo, pair, puppet, unable } from './simulated-threads.fixture.ts';
import type { Order, Worded } from './simulated-threads.fixture.ts';

const places: [string, Placement, Placement][] = [
  ['both here', 'main', 'main'],
  ['the other elsewhere', 'main', { key: 1 }],
  ['the first elsewhere', { key: 1 }, 'main'],
  ['on two other threads', { key: 1 }, { key: 2 }],
  ['both on one other thread', { key: 1 }, { key: 1 }],
];

describe.each(places)('%s', (_name, first, second) => {
  const begin = async () => {
    const kit = new TestSystem({ threads: 2 });
    const probe = kit.probe<string>('probe');
    const spawn = (name: string, placement: Placement) =>
      kit.spawn(puppet, { name, placement, args: [probe.ref] });
    const [a, b] = [spawn('a', first), spawn('b', second)];
    await kit.settle();
    return {
      kit,
      a,
      b,
      heard: probe.messages,
      async tell(ref: typeof a, order: Order) {
        ref.tell(order);
        await kit.settle();
      },
    };
  };

  test.each<[ExitReason, boolean]>([
    [exit.normal, false],
    [exit.shutdown, true],
    [exit.shutdownWith('deploy'), true],
    [exit.killed, true],
  ])('a link ends with %o: the other ends %s, unless it traps', async (reason, spreads) => {
    const { a, b, heard, tell, kit } = await begin();
    const ended = b.whenStopped();
    await tell(a, { do: 'link', to: b });
    await tell(a, { do: 'stop', reason });
    expect([a.alive, b.alive]).toEqual([false, !spreads]);
    if (spreads) expect(await kit.until(ended)).toEqual(reason);
    expect(heard).toEqual([]);

    const trapping = await begin();
    await trapping.tell(trapping.b, { do: 'trap' });
    await trapping.tell(trapping.b, { do: 'link', to: trapping.a });
    await trapping.tell(trapping.a, { do: 'stop', reason });
    expect(trapping.b.alive).toBe(true);
    expect(trapping.heard).toEqual([`b: exit of /a: ${describeReason(reason)}`]);
  });

  test('an error spreads along a link with its class and message; unlink ends that', async () => {
    const { a, b, tell, kit } = await begin();
    const ended = b.whenStopped();
    await tell(a, { do: 'link', to: b });
    await tell(a, { do: 'fail' });
    expect(await kit.until(ended)).toMatchObject({ type: 'error', error: new RangeError('as told') });
    const untied = await begin();
    await untied.tell(untied.a, { do: 'link', to: untied.b });
    await untied.tell(untied.a, { do: 'unlink', to: untied.b });
    await untied.tell(untied.a, { do: 'fail' });
    expect([untied.a.alive, untied.b.alive]).toEqual([false, true]);
  });

  test('exit(): normal has no effect unless trapped, killed cannot be trapped, and arrives at links as killed', async () => {
    const { a, b, heard, tell, kit } = await begin();
    await tell(a, { do: 'exit', to: b, reason: exit.normal });
    expect(b.alive).toBe(true);
    await tell(b, { do: 'trap' });
    await tell(a, { do: 'exit', to: b, reason: exit.normal });
    await tell(a, { do: 'exit', to: b, reason: exit.shutdown });
    expect(heard).toEqual(['b: exit of /a: normal', 'b: exit of /a: shutdown']);
    const ended = a.whenStopped();
    await tell(a, { do: 'link', to: b });
    await tell(a, { do: 'exit', to: b, reason: exit.killed });
    expect([a.alive, b.alive]).toEqual([false, false]);
    expect(await kit.until(ended)).toEqual(exit.killed);
  });

  test('one down for each watch; none after unwatch; noproc for the dead', async () => {
    const { a, b, heard, tell } = await begin();
    for (let n = 0; n < 3; n++) await tell(a, { do: 'watch', to: b });
    await tell(a, { do: 'unwatchLast', to: b });
    await tell(b, { do: 'fail' });
    const down = 'a: down of /b: RangeError: as told';
    expect(heard).toEqual([down, down]);
    await tell(a, { do: 'watch', to: b });
    expect(heard.slice(2)).toEqual(['a: down of /b: noproc']);
    await tell(a, { do: 'trap' });
    await tell(a, { do: 'link', to: b });
    expect(heard.slice(3)).toEqual(['a: exit of /b: noproc']);
  });
});

test.each<Placement>(['main', { key: 1 }])(
  'a child (placement %o) that is spawned with watch, or linked, is seen from its first moment',
  async placement => {
    const kit = new TestSystem({ threads: 2 });
    const heard: string[] = [];
    const probe = kit.probe<string>('probe');
    function parent(context: Context<number>) {
      context.trapExit = true;
      const child = { placement, args: [probe.ref] as [ActorRef<string>] };
      const failing = { placement };
      const refs = [
        context.spawn(puppet, { ...child, name: 'watched', watch: true }),
        context.spawn(puppet, { ...child, name: 'linked', link: true }),
      ];
      context.spawn(unable, { ...failing, name: 'unable', watch: true });
      context.spawn(unable, { ...failing, name: 'tied', link: true });
      return behavior<number>({
        receive: n => refs[n]!.tell({ do: 'fail' }),
        signal(signal) {
          if (signal.type !== 'receiveTimeout')
            heard.push(`${signal.type} ${signal.ref.path}: ${describeReason(signal.reason)}`);
        },
      });
    }
    const ref = kit.spawn(parent, { name: 'p' });
    await kit.settle();
    expect(heard.toSorted()).toEqual([
      'down /p/unable: RangeError: cannot',
      'exit /p/tied: RangeError: cannot',
    ]);
    for (const n of [0, 1]) ref.tell(n);
    await kit.settle();
    expect(heard.slice(2).toSorted()).toEqual([
      'down /p/watched: RangeError: as told',
      'exit /p/linked: RangeError: as told',
    ]);
    expect(ref.alive).toBe(true);
  },
);

test('a router has its routees on other threads, goes on when one of them dies, and ends with the last', async () => {
  const kit = new TestSystem({ threads: 2 });
  const probe = kit.probe<string>('probe');
  const options = { placement: 'leastLoaded' } as const;
  const team = kit.spawn(
    router({ start: echo, args: [probe.ref], routees: 3, routing: 'roundRobin', ...options }),
    { name: 'team' },
  );
  await kit.settle();
  for (let n = 0; n < 6; n++) team.tell(n);
  await kit.settle();
  const routees = new Set(probe.messages.map(text => text.split(' ')[0]));
  expect(routees.size).toBe(3);
  kit.killThread(1);
  await kit.settle();
  for (let n = 6; n < 12; n++) team.tell(n);
  await kit.settle();
  expect(probe.messages).toHaveLength(12);
  kit.killThread(2);
  await kit.settle();
  expect(team.alive).toBe(false);
});

interface Counted {
  readonly n: number;
  readonly reply?: Reply<string>;
}

test.each<Placement>(['main', { key: 1 }])(
  'an adapter translates what comes to it (from placement %o), tells, sends and questions; the actor itself is another address',
  async placement => {
    const kit = new TestSystem({ threads: 2 });
    const heard: number[] = [];
    const probe = kit.probe<string>('probe');
    kit.spawn((context: Context<Counted>) => {
      const second = context.adapter<Worded>(({ text, ...rest }) => ({ n: text.length, ...rest }));
      context.spawn(pair, { placement, args: [context.self, second, probe.ref] });
      return ({ n, reply }: Counted) => {
        heard.push(n);
        reply?.tell(`${n} it is`);
      };
    });
    await kit.settle();
    expect(heard).toEqual([1, 5, 3, 4]);
    expect(probe.messages).toEqual(['4 it is']);
    expect(kit.reports).toEqual([]);
  },
);
