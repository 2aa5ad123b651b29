/** OTP's supervisor_SUITE, restated: the name of each OTP case stands in the title of the test that covers it. CONFORMANCE.md has the table. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Supervisor, SupervisorError, behavior, exit, next, supervisor } from '../src/index.ts';
import type { ActorRef, ChildSpec, Context, SupervisorOptions } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { crash, hang, spec, start, stopWith, worker } from './supervisor.setup.ts';
import type { Command, Fixture } from './supervisor.setup.ts';

// A context of its own, since the tests' has no `gc`.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const roomy = { intensity: 10, period: 3_600_000 } as const;

/** How the supervisor ended: `undefined` while it is there. */
function endOf({ kit }: { kit: TestSystem }) {
  return kit.life.findLast(event => event.type === 'exited' && event.path === '/sup');
}

describe('start', () => {
  test('sup_start_normal: starts without children and stops with shutdown', async () => {
    const it = await start({});
    await it.kit.until(it.kit.system.stop());
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
    expect(it.kit.reports).toEqual([]);
  });

  test('sup_start_ignore_child: a child that ignores keeps its spec, without a ref', async () => {
    const it = await start(roomy);
    expect(await it.call(it.sup.startChild(spec('one', { start: worker(['ignore']) })))).toEqual({
      ref: undefined,
      info: undefined,
    });
    await it.call(it.sup.startChild(spec('two')));
    expect(await it.statuses()).toEqual(['two running', 'one stopped']);
    expect(await it.counts()).toEqual([2, 1, 0, 2]);
  });

  test.each(['sup_start_ignore_temporary_child', 'sup_start_ignore_temporary_child_start_child'])(
    '%s: a temporary child that ignores leaves no spec',
    async name => {
      const ignores = spec('one', { start: worker(['ignore']), restart: 'temporary' });
      const other = spec('two', { restart: 'temporary' });
      const initially = name.endsWith('temporary_child');
      const it = await start(initially ? { children: [ignores, other] } : {});
      if (!initially) for (const each of [ignores, other]) await it.call(it.sup.startChild(each));
      expect(await it.statuses()).toEqual(['two running']);
      expect(await it.counts()).toEqual([1, 1, 0, 1]);
    },
  );

  test.each(['temporary', 'permanent'] as const)(
    'sup_start_ignore_%s_child_start_child_simple: a dynamic child that ignores leaves nothing',
    async restart => {
      const template = { start: worker(['ignore', 'ok']), restart };
      const it = await start({ strategy: 'dynamic', children: [template] });
      expect(await it.call(it.sup.startChild([]))).toEqual({ ref: undefined, info: undefined });
      await it.call(it.sup.startChild([]));
      expect(await it.call(it.sup.children())).toHaveLength(1);
      expect(await it.counts()).toEqual([1, 1, 0, 1]);
      await it.kit.until(it.kit.system.stop());
      expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
    },
  );

  test('sup_start_error_return, sup_start_fail: an init that returns nonsense or throws ends the supervisor with that error', async () => {
    const failing = [
      () => 'nonsense' as unknown as SupervisorOptions,
      () => JSON.parse('{') as SupervisorOptions,
    ];
    for (const [index, init] of failing.entries()) {
      const kit = new TestSystem();
      const meta = { url: `test:failing-init-${index}` } as ImportMeta;
      const ref = kit.spawn(
        supervisor(meta, function failing() {
          return init();
        }),
        { name: 'sup' },
      );
      const stopped = ref.whenStopped();
      expect(await kit.until(stopped)).toMatchObject({
        type: 'error',
        error: index === 0 ? expect.any(TypeError) : expect.any(SyntaxError),
      });
    }
  });

  test('sup_start_child_returns_error: those started before are stopped in reverse, and the reason says which child and why', async () => {
    const it = await start({
      children: [spec('one'), spec('two'), spec('three', { start: worker(['error']) }), spec('four')],
    });
    expect(it.trace()).toEqual([
      '+ one',
      '+ two',
      '! three',
      '- three error',
      '- two shutdown',
      '- one shutdown',
      '! /sup',
      '- /sup shutdown',
    ]);
    expect(endOf(it)).toMatchObject({
      reason: {
        type: 'shutdown',
        detail: { failedToStartChild: 'three', reason: { type: 'error', error: expect.any(RangeError) } },
      },
    });
    expect(it.kit.reports).toContainEqual(
      expect.objectContaining({ type: 'supervisor', error: 'startError', child: 'three' }),
    );
  });

  test('sup_start_map: getChildSpec fills in the defaults', async () => {
    const child = worker();
    const it = await start({
      children: [
        { id: 'one', start: child },
        { id: 'two', start: child, shutdown: 'brutal' },
        { id: 'three', start: supervisor({}) },
        { id: 'four', start: child, type: 'supervisor' },
      ],
    });
    const get = (id: string): Promise<ChildSpec> => it.call(it.sup.getChildSpec(id));
    expect(await get('one')).toMatchObject({
      id: 'one',
      restart: 'permanent',
      shutdown: 5000,
      type: 'worker',
      significant: false,
    });
    expect(await get('two')).toMatchObject({ id: 'two', shutdown: 'brutal' });
    expect(await get('three')).toMatchObject({ id: 'three', shutdown: 'infinity', type: 'supervisor' });
    expect(await get('four')).toMatchObject({ id: 'four', shutdown: 'infinity', type: 'supervisor' });
    await expect(it.call(it.sup.getChildSpec('five'))).rejects.toMatchObject({ code: 'notFound' });
  });

  const faulty: [string, SupervisorOptions, RegExp][] = [
    ['strategy', { strategy: 'twoForOne' as 'oneForOne' }, /strategy must be one of .*, got twoForOne/],
    ['intensity', { intensity: -1 }, /intensity must be a whole number from 0, got -1/],
    ['period', { period: 0 }, /period must be more than 0 milliseconds, got 0/],
    ['autoShutdown', { autoShutdown: 'maybe' as 'never' }, /autoShutdown must be one of .*, got maybe/],
    ['missing id', { children: [{ start: worker() }] }, /children\[0\]\.id must be a string/],
    ['missing start', { children: [{ id: 'a' } as ChildSpec] }, /children\[0\]\.start: expected an actor/],
    [
      'not a spec',
      { children: ['child' as unknown as ChildSpec] },
      /children\[0\] must be a child spec, got child/,
    ],
    [
      'restart',
      { children: [spec('a', { restart: 'often' as 'permanent' })] },
      /\.restart must be one of .*, got often/,
    ],
    [
      'shutdown',
      { children: [spec('a', { shutdown: -5 })] },
      /shutdown must be 0 or more milliseconds, got -5/,
    ],
    [
      'type',
      { children: [spec('a', { type: 'manager' as 'worker' })] },
      /\.type must be one of .*, got manager/,
    ],
    [
      'a field that there is not',
      { children: [{ ...spec('a'), restrat: 'permanent' } as ChildSpec] },
      /children\[0\]: there is no option "restrat"; there are id, start/,
    ],
    [
      'an option that there is not',
      { stratgy: 'oneForAll' } as SupervisorOptions,
      /supervisor: there is no option "stratgy"; there are strategy,/,
    ],
    [
      'options of its spawn',
      { children: [spec('a', { options: { placement: 'thread' as 'main' } })] },
      /children\[0\]\.options: placement must be .*, got thread \(string\)/,
    ],
    ['same id twice', { children: [spec('a'), spec('a')] }, /two have the id "a"/],
    [
      'significant and permanent',
      { autoShutdown: 'anySignificant', children: [spec('a', { significant: true })] },
      /significant: a permanent child/,
    ],
    [
      'significant and never',
      { children: [spec('a', { significant: true, restart: 'transient' })] },
      /significant has no meaning while/,
    ],
    ['dynamic without template', { strategy: 'dynamic' }, /template alone, got 0 specs/],
    ['args', { children: [spec('a', { args: 'x' as unknown as [] })] }, /args must be an array, got x/],
    [
      'backoff',
      { children: [spec('a', { backoff: { min: 5, max: 1 } })] },
      /backoff\.max must be at least min \(5\), got 1/,
    ],
  ];
  test.each(faulty)(
    'sup_start_map_faulty_specs, sup_flags, child_specs: %s is refused before anything starts',
    (_name, options, message) => {
      expect(() => supervisor(options)).toThrow(message);
    },
  );
});

describe('stop', () => {
  test.each([
    ['sup_stop_infinity', 'infinity'],
    ['sup_stop_timeout', 1000],
  ] as const)('%s: children end with shutdown, in reverse order of their start', async (_name, shutdown) => {
    const it = await start({ children: [spec('one', { shutdown }), spec('two', { shutdown })] });
    it.trace();
    await it.kit.until(it.kit.system.stop());
    expect(it.trace()).toEqual(['- two shutdown', '- one shutdown', '- /sup shutdown', '-  shutdown']);
  });

  test('sup_stop_timeout: a child that takes too long is killed when its time is over, and that is reported', async () => {
    const it = await start({ children: [spec('one', { shutdown: 1000 }), spec('two', { shutdown: 1000 })] });
    await it.tell('two', hang);
    it.trace();
    await it.kit.until(it.kit.system.stop());
    expect(it.trace().slice(0, 2)).toEqual(['- two killed', '- one shutdown']);
    expect(it.kit.life.find(event => event.type === 'exited' && event.path === '/sup/two')).toMatchObject({
      at: 1000,
    });
    expect(it.kit.reports).toMatchObject([
      { type: 'graceElapsed', path: '/sup/two', afterMs: 1000 },
      { type: 'supervisor', error: 'shutdownError', child: 'two', reason: exit.killed },
    ]);
  });

  test('sup_stop_brutal_kill: brutal kills at once, and silently', async () => {
    const it = await start({
      children: [spec('one', { shutdown: 1000 }), spec('two', { shutdown: 'brutal' })],
    });
    it.trace();
    await it.kit.until(it.kit.system.stop());
    expect(it.trace().slice(0, 2)).toEqual(['- two killed', '- one shutdown']);
    expect(it.kit.reports).toEqual([]);
  });

  test.each([
    ['sup_stop_brutal_kill_dynamic', 'brutal', 'killed', 0],
    ['sup_stop_timeout_dynamic', 1000, 'killed', 1000],
  ] as const)(
    '%s: dynamic children end all at once, under one timer',
    async (_name, shutdown, reason, at) => {
      const it = await start({ strategy: 'dynamic', children: [{ start: worker(), shutdown }] });
      for (let n = 0; n < 5; n++) {
        const { ref } = await it.call(it.sup.startChild([]));
        (ref as ActorRef<Command>).tell(hang);
      }
      await it.kit.settle();
      await it.kit.until(it.kit.system.stop());
      const ends = it.kit.life.filter(event => event.type === 'exited' && event.path.startsWith('/sup/'));
      expect(ends).toHaveLength(5);
      for (const end of ends) expect(end).toMatchObject({ reason: { type: reason }, at });
    },
  );
});

describe('administration', () => {
  test('child_adm: start, terminate, restart, delete, and the errors of each', async () => {
    const it = await start(roomy);
    const child = spec('child');
    const { ref } = await it.call(it.sup.startChild(child));
    expect(await it.statuses()).toEqual(['child running']);
    await expect(it.call(it.sup.startChild(child))).rejects.toMatchObject({
      code: 'alreadyStarted',
      message: expect.stringContaining('/sup/child'),
    });
    await expect(it.call(it.sup.restartChild('child'))).rejects.toMatchObject({ code: 'running' });
    await expect(it.call(it.sup.deleteChild('child'))).rejects.toMatchObject({ code: 'running' });
    await it.call(it.sup.terminateChild('child'));
    await it.call(it.sup.terminateChild('child'));
    expect(await it.statuses()).toEqual(['child stopped']);
    expect(await it.counts()).toEqual([1, 0, 0, 1]);
    await expect(it.call(it.sup.startChild(child))).rejects.toMatchObject({ code: 'alreadyPresent' });
    const again = await it.call(it.sup.restartChild('child'));
    expect(again.ref).toBe(ref);
    expect(await it.counts()).toEqual([1, 1, 0, 1]);
    await it.call(it.sup.terminateChild('child'));
    await it.call(it.sup.deleteChild('child'));
    expect(await it.statuses()).toEqual([]);
    for (const call of ['terminateChild', 'restartChild', 'deleteChild'] as const) {
      await expect(it.call(it.sup[call]('child') as Promise<unknown>)).rejects.toMatchObject({
        code: 'notFound',
      });
    }
    expect(it.kit.reports).toEqual([]);
  });

  test('child_adm: a child that fails to start is told, and leaves no spec; its name is free', async () => {
    const it = await start(roomy);
    const failing = spec('child', { start: worker(['error', 'ok']) });
    const refused = it.call(it.sup.startChild(failing));
    await expect(refused).rejects.toThrow(SupervisorError);
    await expect(refused).rejects.toMatchObject({ code: 'startFailed', cause: expect.any(RangeError) });
    expect(await it.statuses()).toEqual([]);
    await it.call(it.sup.startChild(failing));
    expect(await it.statuses()).toEqual(['child running']);
  });

  test('child_adm_simple, which_children_simple_one_for_one: a dynamic supervisor takes arguments, and refs instead of ids', async () => {
    const it = await start({
      strategy: 'dynamic',
      ...roomy,
      children: [{ start: worker(['info']), args: ['template'] }],
    });
    expect(await it.counts()).toEqual([1, 0, 0, 0]);
    const one = await it.call(it.sup.startChild(['one']));
    expect(one.info).toEqual(['info', 'template', 'one']);
    const two = await it.call(it.sup.startChild(['two']));
    expect(await it.counts()).toEqual([1, 2, 0, 2]);
    expect((await it.call(it.sup.children())).map(({ id, ref }) => [id, ref])).toEqual([
      [undefined, two.ref],
      [undefined, one.ref],
    ]);
    for (const call of ['terminateChild', 'restartChild', 'deleteChild'] as const) {
      await expect(it.call(it.sup[call]('one') as Promise<unknown>)).rejects.toMatchObject({
        code: 'dynamic',
      });
    }
    await expect(it.call(it.sup.startChild(spec('x')))).rejects.toThrow(TypeError);
    await it.call(it.sup.terminateChild(one.ref!));
    expect(await it.counts()).toEqual([1, 1, 0, 1]);
    await expect(it.call(it.sup.terminateChild(one.ref!))).rejects.toMatchObject({ code: 'notFound' });
    expect(await it.call(it.sup.getChildSpec(two.ref!))).toMatchObject({
      restart: 'permanent',
      shutdown: 5000,
    });
  });

  test('extra_return: information from the start comes back verbatim', async () => {
    const it = await start(roomy);
    const started = await it.call(
      it.sup.startChild(spec('child', { start: worker(['info']), args: [1, { two: 2 }] })),
    );
    expect(started.info).toEqual(['info', 1, { two: 2 }]);
    await it.call(it.sup.terminateChild('child'));
    expect((await it.call(it.sup.restartChild('child'))).info).toEqual(['info', 1, { two: 2 }]);
  });

  test('which_children, order_of_children: newest first', async () => {
    const it = await start({ children: [spec('one'), spec('two')] });
    await it.call(it.sup.startChild(spec('three')));
    expect(await it.statuses()).toEqual(['three running', 'two running', 'one running']);
  });

  test('count_children, count_children_supervisor: specs, active ones, supervisors and workers', async () => {
    const it = await start({
      ...roomy,
      children: [spec('one'), spec('two', { type: 'supervisor' }), { id: 'three', start: supervisor({}) }],
    });
    expect(await it.counts()).toEqual([3, 3, 2, 1]);
    await it.call(it.sup.terminateChild('one'));
    await it.call(it.sup.terminateChild('three'));
    expect(await it.counts()).toEqual([3, 1, 2, 1]);
  });

  test('already_started_outside_supervisor, registry: a name that is taken is an error naming the holder', () => {
    const kit = new TestSystem();
    kit.spawn(worker(), { name: 'child' });
    expect(() => kit.spawn(worker(), { name: 'child' })).toThrow(
      /the name \/child is taken by actor \d+ \(worker\)/,
    );
  });

  test('an unexpected message is reported and ignored', async () => {
    const it = await start({ children: [spec('one')] });
    for (const message of ['hello', undefined, { call: 'toString', reply: {} }]) {
      (it.sup.ref as unknown as ActorRef<unknown>).tell(message);
    }
    expect(await it.statuses()).toEqual(['one running']);
    expect(it.kit.reports.map(({ type }) => type)).toEqual(Array(3).fill('unexpectedMessage'));
  });
});

describe('restart types', () => {
  const ends = [
    ['normal', exit.normal],
    ['shutdown', exit.shutdown],
    ['shutdown', exit.shutdownWith('detail')],
    ['abnormal', exit.error(new Error('x'))],
  ] as const;
  for (const [kind, reason] of ends) {
    test(`permanent_${kind}: is restarted after ${JSON.stringify(reason)}, under the same ref`, async () => {
      const it = await start({ children: [spec('child')] });
      const ref = await it.refOf('child');
      await it.tell('child', stopWith(reason));
      expect(await it.statuses()).toEqual(['child running']);
      expect(await it.refOf('child')).toBe(ref);
      expect(it.kit.reports).toContainEqual(expect.objectContaining({ error: 'childTerminated', reason }));
    });

    test(`transient_${kind}: after ${JSON.stringify(reason)}`, async () => {
      const it = await start({ children: [spec('child', { restart: 'transient' })] });
      await it.tell('child', stopWith(reason));
      expect(await it.statuses()).toEqual([kind === 'abnormal' ? 'child running' : 'child stopped']);
      if (kind === 'abnormal') return;
      await it.call(it.sup.restartChild('child'));
      expect(await it.statuses()).toEqual(['child running']);
    });

    test(`temporary_${kind}: is gone with its spec after ${JSON.stringify(reason)}`, async () => {
      const it = await start({ children: [spec('child', { restart: 'temporary' })] });
      await it.tell('child', stopWith(reason));
      expect(await it.statuses()).toEqual([]);
      expect(await it.counts()).toEqual([0, 0, 0, 0]);
    });
  }

  test('temporary_bystander: a temporary sibling that is stopped in a group restart is gone', async () => {
    for (const strategy of ['oneForAll', 'restForOne'] as const) {
      const it = await start({
        strategy,
        children: [spec('one'), spec('two', { restart: 'temporary' }), spec('three')],
      });
      await it.tell('one', crash);
      expect(await it.statuses()).toEqual(['three running', 'one running']);
    }
  });

  test('do_not_save_start_parameters_for_temporary_children, do_not_save_child_specs_for_temporary_children: nothing of them stays', async () => {
    const it = await start(roomy);
    const held = { big: 'argument' };
    const { ref } = await it.call(it.sup.startChild(spec('child', { restart: 'temporary', args: [held] })));
    const { cell } = ref as unknown as { cell: { args: unknown[] } };
    expect(cell.args).toEqual([held]);
    await it.call(it.sup.terminateChild('child'));
    expect(cell.args).toEqual([]);
    await expect(it.call(it.sup.restartChild('child'))).rejects.toMatchObject({ code: 'notFound' });
  });

  test.each<[string, (it: Fixture, ref: ActorRef<Command>) => Promise<unknown>]>([
    ['a crash', (_it, ref) => Promise.resolve(ref.tell(crash))],
    ['its own end', (_it, ref) => Promise.resolve(ref.tell(stopWith(exit.normal)))],
    ['a kill', (it, ref) => Promise.resolve(it.kit.system.exit(ref, exit.killed))],
    ['terminateChild', (it, ref) => it.call(it.sup.terminateChild(ref))],
    ['a restart of its group', it => it.tell('other', crash)],
    ["its supervisor's end", it => it.kit.until(it.kit.system.stop())],
  ])(
    'do_not_save_start_parameters_for_temporary_children: after %s nothing holds its arguments, though somebody has its ref',
    async (how, end) => {
      const isDynamic = how === 'terminateChild';
      const temporary = { start: worker(), restart: 'temporary' } as const;
      const it = await start(
        isDynamic
          ? { strategy: 'dynamic', children: [temporary] }
          : { ...roomy, strategy: 'oneForAll', children: [spec('other')] },
      );
      const begin = async () => {
        const argument = { big: [1, 2, 3] };
        const { ref } = await it.call(
          it.sup.startChild(isDynamic ? [argument] : { ...temporary, id: 'child', args: [argument] }),
        );
        return { ref: ref as ActorRef<Command>, held: new WeakRef(argument) };
      };
      const { ref, held } = await begin();
      await it.kit.settle();
      await new Promise(resolve => setImmediate(resolve));
      collect();
      expect(held.deref()).toBeDefined();
      await end(it, ref);
      await it.kit.settle();
      // What the last promises hold is let go of in a turn of the event loop.
      for (let turn = 0; turn < 20 && held.deref() !== undefined; turn++) {
        await new Promise(resolve => setImmediate(resolve));
        collect();
      }
      expect(ref.alive).toBe(false);
      expect(held.deref()).toBeUndefined();
    },
  );

  test('child_unlink: a child that cut its ties cannot hang its supervisor', async () => {
    const it = await start({ children: [spec('child', { shutdown: 1000 })] });
    await it.tell('child', hang);
    await it.call(it.sup.terminateChild('child'));
    expect(await it.statuses()).toEqual(['child stopped']);
    expect(it.kit.now).toBe(1000);
  });
});

describe('strategies', () => {
  const three = [spec('one'), spec('two'), spec('three')];

  test('one_for_one: only the one that failed is restarted', async () => {
    const it = await start({ children: three });
    it.trace();
    await it.tell('two', crash);
    expect(it.trace()).toEqual(['- two error', '+ two']);
  });

  test('one_for_all: the others are stopped in reverse, and all are started in order', async () => {
    const it = await start({ strategy: 'oneForAll', children: three });
    it.trace();
    await it.tell('two', crash);
    expect(it.trace()).toEqual([
      '- two error',
      '- three shutdown',
      '- one shutdown',
      '+ one',
      '+ two',
      '+ three',
    ]);
  });

  test('rest_for_one: those started later are stopped in reverse, and started with it', async () => {
    const it = await start({ strategy: 'restForOne', children: [...three, spec('four')] });
    it.trace();
    await it.tell('two', crash);
    expect(it.trace()).toEqual([
      '- two error',
      '- four shutdown',
      '- three shutdown',
      '+ two',
      '+ three',
      '+ four',
    ]);
    expect(await it.statuses()).toEqual(['four running', 'three running', 'two running', 'one running']);
  });

  test('simple_one_for_one: only the one that failed is restarted', async () => {
    const it = await start({ strategy: 'dynamic', ...roomy, children: [{ start: worker() }] });
    const refs: ActorRef<Command>[] = [];
    for (let n = 0; n < 3; n++) refs.push((await it.call(it.sup.startChild([]))).ref as ActorRef<Command>);
    refs[1]!.tell(crash);
    await it.kit.settle();
    expect(await it.counts()).toEqual([1, 3, 0, 3]);
    expect(refs.every(ref => ref.alive)).toBe(true);
    expect(it.kit.trace.filter(line => line.startsWith('-'))).toHaveLength(1);
  });

  test('simple_one_for_one_extra: information comes back from dynamic children', async () => {
    const it = await start({ strategy: 'dynamic', children: [{ start: worker(['info']) }] });
    expect(await it.call(it.sup.startChild(['extra']))).toMatchObject({ info: ['info', 'extra'] });
  });

  test('simple_one_for_one_shutdown: each child has its own time to end', async () => {
    const it = await start({ strategy: 'dynamic', children: [{ start: slow, shutdown: 5000 }] });
    for (const ms of [1000, 3000]) await it.call(it.sup.startChild([ms]));
    await it.kit.until(it.kit.system.stop());
    const ends = it.kit.life.filter(event => event.type === 'exited' && event.path.startsWith('/sup/'));
    expect(ends.map(({ at }) => at)).toEqual([1000, 3000]);
  });

  /** Takes `ms` to stop. */
  function slow(context: Context<Command>, ms: number) {
    return behavior<Command>({
      receive: () => {},
      stopped: () => new Promise<void>(resolve => void context.cell.dispatcher.after(ms, resolve)),
    });
  }

  test.each([
    ['one_for_one_escalation', 'oneForOne'],
    ['one_for_all_escalation', 'oneForAll'],
    ['rest_for_one_escalation', 'restForOne'],
  ] as const)(
    '%s: a child that cannot be restarted ends the supervisor with shutdown',
    async (_name, strategy) => {
      const it = await start({
        strategy,
        intensity: 4,
        children: [spec('one', { start: worker(['ok', 'error']) }), spec('two')],
      });
      it.trace();
      await it.tell('one', crash);
      const trace = it.trace();
      expect(trace.filter(line => line === '! one')).toHaveLength(4);
      expect(trace.slice(-2)).toEqual([
        strategy === 'oneForOne' ? '- two shutdown' : '- one error',
        '- /sup shutdown',
      ]);
      expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
    },
  );

  test('simple_one_for_one_escalation: the same for dynamic children', async () => {
    const it = await start({
      strategy: 'dynamic',
      intensity: 4,
      children: [{ start: worker(['ok', 'ok', 'error']) }],
    });
    const { ref } = await it.call(it.sup.startChild([]));
    await it.call(it.sup.startChild([]));
    (ref as ActorRef<Command>).tell(crash);
    await it.kit.settle();
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
  });

  test('one_for_all_other_child_fails_restart: those restarted stay; the next attempt stops and restarts all', async () => {
    const it = await start({
      strategy: 'oneForAll',
      ...roomy,
      children: [spec('one'), spec('two', { start: worker(['ok', 'error', 'ok']) }), spec('three')],
    });
    it.trace();
    await it.tell('one', crash);
    expect(it.trace()).toEqual([
      ...['- one error', '- three shutdown', '- two shutdown'],
      ...['+ one', '! two', '- two error'],
      ...['- one shutdown', '+ one', '+ two', '+ three'],
    ]);
  });

  test('rest_for_one_other_child_fails_restart: the next attempt goes on at the one that failed', async () => {
    const it = await start({
      strategy: 'restForOne',
      ...roomy,
      children: [spec('one'), spec('two', { start: worker(['ok', 'error', 'ok']) }), spec('three')],
    });
    it.trace();
    await it.tell('one', crash);
    expect(it.trace()).toEqual([
      ...['- one error', '- three shutdown', '- two shutdown'],
      ...['+ one', '! two', '- two error'],
      ...['+ two', '+ three'],
    ]);
  });

  test('a sibling that is ending by itself when a group restart comes is not resumed', async () => {
    const it = await start({ strategy: 'oneForAll', ...roomy, children: three });
    it.trace();
    const [one, two] = [await it.refOf('one'), await it.refOf('two')];
    one.tell(crash);
    two.tell(crash);
    await it.kit.settle();
    const trace = it.trace();
    // Both exits wait at the supervisor; the second is old news when its turn comes.
    expect(trace.filter(line => line.startsWith('+'))).toEqual(['+ one', '+ two', '+ three']);
    expect(await it.statuses()).toEqual(['three running', 'two running', 'one running']);
  });
});

describe('intensity', () => {
  test('multiple_restarts: within the budget it goes on, beyond it gives up and stops the others', async () => {
    const it = await start({ intensity: 3, period: 5000, children: [spec('one'), spec('two')] });
    for (let n = 0; n < 3; n++) await it.tell('one', crash);
    expect(await it.statuses()).toEqual(['two running', 'one running']);
    it.trace();
    await it.tell('one', crash);
    expect(it.trace()).toEqual(['- one error', '- two shutdown', '- /sup shutdown']);
    expect(it.kit.reports.at(-1)).toMatchObject({
      type: 'supervisor',
      error: 'shutdown',
      child: 'one',
      reason: { detail: 'reachedMaxRestartIntensity' },
    });
  });

  test('restarts outside the period are forgotten', async () => {
    const it = await start({ intensity: 1, period: 5000, children: [spec('one')] });
    for (let n = 0; n < 5; n++) {
      await it.tell('one', crash);
      await it.kit.advance(5001);
    }
    expect(await it.statuses()).toEqual(['one running']);
    await it.tell('one', crash);
    await it.kit.advance(5000);
    await it.tell('one', crash);
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
  });

  test('intensity 0: the first restart ends the supervisor', async () => {
    const it = await start({ intensity: 0, children: [spec('one')] });
    await it.tell('one', crash);
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
  });

  test("a budget for each child, if chosen: one child does not use up the other's", async () => {
    const it = await start({ intensity: 1, budget: 'child', children: [spec('one'), spec('two')] });
    await it.tell('one', crash);
    await it.tell('two', crash);
    expect(await it.statuses()).toEqual(['two running', 'one running']);
    await it.tell('two', crash);
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
  });

  test.each([
    ['hanging_restart_loop', 'oneForOne'],
    ['hanging_restart_loop_rest_for_one', 'restForOne'],
    ['hanging_restart_loop_simple', 'dynamic'],
  ] as const)(
    '%s, count_restarting_children: calls are answered between attempts',
    async (_name, strategy) => {
      const backoff = { min: 100, max: 100 };
      const child = { start: worker(['ok', 'error']), backoff };
      const it = await start({
        strategy,
        intensity: 1_000_000,
        children: [strategy === 'dynamic' ? child : { id: 'one', ...child }],
      });
      const ref = (
        strategy === 'dynamic' ? (await it.call(it.sup.startChild([]))).ref : await it.refOf('one')
      ) as ActorRef<Command>;
      ref.tell(crash);
      await it.kit.advance(1000);
      expect(it.kit.trace.filter(line => line.startsWith('!')).length).toBe(10);
      expect(await it.counts()).toEqual([1, 0, 0, 1]);
      const [info] = await it.call(it.sup.children());
      expect(info).toMatchObject({ status: 'restarting', ref: undefined });
      if (strategy === 'dynamic') {
        await it.call(it.sup.terminateChild(ref));
        expect(await it.counts()).toEqual([1, 0, 0, 0]);
      } else {
        await expect(it.call(it.sup.restartChild('one'))).rejects.toMatchObject({ code: 'restarting' });
        await expect(it.call(it.sup.deleteChild('one'))).rejects.toMatchObject({ code: 'restarting' });
        await expect(it.call(it.sup.startChild(spec('one')))).rejects.toMatchObject({
          code: 'alreadyPresent',
        });
        await it.call(it.sup.terminateChild('one'));
        expect(await it.statuses()).toEqual(['one stopped']);
        await it.call(it.sup.deleteChild('one'));
      }
      const attempts = it.kit.trace.length;
      await it.kit.advance(1000);
      expect(it.kit.trace.length).toBe(attempts);
    },
  );

  test('hanging_restart_loop: without a backoff too, the supervisor answers while it tries again and again', async () => {
    const it = await start({
      intensity: 1_000_000,
      children: [spec('one', { start: worker(['ok', 'error']) })],
    });
    (await it.refOf('one')).tell(crash);
    let stopped = false;
    const terminated = it.sup.terminateChild('one').then(() => (stopped = true));
    await it.kit.until(terminated);
    expect(stopped).toBe(true);
    expect(await it.statuses()).toEqual(['one stopped']);
  });

  test('backoff grows, has jitter within bounds, and begins again after quiet time', async () => {
    const it = await start({
      ...roomy,
      intensity: 1000,
      children: [spec('one', { backoff: { min: 100, max: 1000, factor: 3, jitter: 0.1, resetAfter: 5000 } })],
    });
    const waits: number[] = [];
    const wait = async (): Promise<void> => {
      await it.tell('one', crash);
      const from = it.kit.now;
      await it.kit.advance(2000);
      waits.push(it.kit.life.at(-1)!.at - from);
    };
    for (let n = 0; n < 4; n++) await wait();
    await it.kit.advance(6000);
    await wait();
    for (const [index, least] of [100, 300, 900, 1000, 100].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(least);
      expect(waits[index]).toBeLessThanOrEqual(least * 1.1 + 1);
    }
  });

  test('messages that wait during a backoff are handled by the next instance', async () => {
    const seen: unknown[] = [];
    function logger(_context: Context<string>) {
      return (message: string): void => {
        if (message === 'crash') throw new Error('crash');
        seen.push(message);
      };
    }
    const it = await start({ children: [{ id: 'one', start: logger, backoff: { min: 500, max: 500 } }] });
    const ref = (await it.refOf('one')) as unknown as ActorRef<string>;
    for (const message of ['a', 'crash', 'b']) ref.tell(message);
    await it.kit.advance(100);
    ref.tell('c');
    expect(seen).toEqual(['a']);
    await it.kit.advance(500);
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});

describe('trees', () => {
  test('tree: supervisors below supervisors start, restart and stop as one', async () => {
    const inner = (id: string): ChildSpec => ({
      id,
      start: supervisor({ strategy: 'oneForAll', intensity: 0, children: [spec(`${id}1`), spec(`${id}2`)] }),
    });
    const it = await start({ intensity: 1, children: [inner('a'), inner('b')] });
    expect(it.trace()).toEqual(['+ a/a1', '+ a/a2', '+ a', '+ b/b1', '+ b/b2', '+ b', '+ /sup']);
    const supA = new Supervisor((await it.refOf('a')) as never);
    const a1 = (await it.call(supA.children())).find(({ id }) => id === 'a1')!
      .ref as unknown as ActorRef<Command>;
    a1.tell(crash);
    await it.kit.settle();
    expect(it.trace()).toEqual([
      '- a/a1 error',
      '- a/a2 shutdown',
      '- a shutdown',
      '+ a/a1',
      '+ a/a2',
      '+ a',
    ]);
    // The refs of the initial children stay valid although their supervisor was restarted.
    expect(a1.alive).toBe(true);
    await it.kit.until(it.kit.system.stop());
    expect(it.trace()).toEqual([
      ...['- b/b2 shutdown', '- b/b1 shutdown', '- b shutdown'],
      ...['- a/a2 shutdown', '- a/a1 shutdown', '- a shutdown', '- /sup shutdown', '-  shutdown'],
    ]);
  });

  test('children added later are lost when the supervisor itself restarts', async () => {
    const inner = { id: 'inner', start: supervisor({ children: [spec('initial')] }) };
    const it = await start({ ...roomy, children: [inner] });
    const sup = new Supervisor((await it.refOf('inner')) as never);
    await it.call(sup.startChild(spec('later')));
    it.kit.system.exit(sup.ref, exit.killed);
    await it.kit.settle();
    expect((await it.call(sup.children())).map(({ id }) => id)).toEqual(['initial']);
  });

  test('a killed supervisor takes its children with it, and restarts none', async () => {
    const it = await start({ children: [spec('one'), spec('two')] });
    it.trace();
    it.kit.system.exit(it.sup.ref, exit.killed);
    await it.kit.settle();
    expect(it.trace()).toEqual(['- two killed', '- one killed', '- /sup killed']);
  });

  test('scale_start_stop_many_children, simple_one_for_one_scale_many_temporary_children: at most linear', async () => {
    const cost = async (strategy: 'oneForOne' | 'dynamic', children: number): Promise<number> => {
      const kit = new TestSystem();
      const none = { start: worker(), restart: 'temporary' } as const;
      const sup = new Supervisor(
        kit.spawn(supervisor(strategy === 'dynamic' ? { strategy, children: [none] } : { strategy })),
      );
      await kit.settle();
      const from = performance.now();
      const started = Array.from({ length: children }, (_, n) =>
        strategy === 'dynamic' ? sup.startChild([]) : sup.startChild({ ...none, id: String(n) }),
      );
      await kit.until(Promise.all(started));
      await kit.until(kit.system.stop());
      return (performance.now() - from) / children;
    };
    for (const strategy of ['oneForOne', 'dynamic'] as const) {
      await cost(strategy, 500);
      const few = Math.min(await cost(strategy, 1000), await cost(strategy, 1000));
      const many = await cost(strategy, 20_000);
      // Twenty times as many: if the cost were quadratic, each would cost twenty times as much. The rest is the machine's mood.
      expect(many).toBeLessThan(few * 8);
    }
  }, 60_000);
});

describe('significant children', () => {
  const significant = (id: string, restart: 'transient' | 'temporary'): ChildSpec =>
    spec(id, { restart, significant: true });

  test('significant_transient, significant_temporary: any of them ends the supervisor, and siblings are stopped', async () => {
    for (const restart of ['transient', 'temporary'] as const) {
      const it = await start({
        autoShutdown: 'anySignificant',
        children: [significant('one', restart), significant('two', restart), spec('three')],
      });
      it.trace();
      await it.tell('one', stopWith(exit.normal));
      expect(it.trace()).toEqual(['- one normal', '- three shutdown', '- two shutdown', '- /sup shutdown']);
    }
  });

  test('all of them: the last significant one ends the supervisor', async () => {
    const it = await start({
      autoShutdown: 'allSignificant',
      children: [
        significant('one', 'transient'),
        significant('two', 'temporary'),
        spec('three', { restart: 'temporary' }),
      ],
    });
    await it.tell('one', stopWith(exit.shutdown));
    await it.tell('three', stopWith(exit.normal));
    expect(await it.statuses()).toEqual(['two running', 'one stopped']);
    await it.tell('two', crash);
    expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
  });

  test('nonsignificant_transient, nonsignificant_temporary: others do not', async () => {
    const it = await start({
      autoShutdown: 'anySignificant',
      children: [
        spec('one', { restart: 'transient' }),
        spec('two', { restart: 'temporary' }),
        significant('three', 'transient'),
      ],
    });
    await it.tell('one', stopWith(exit.normal));
    await it.tell('two', stopWith(exit.normal));
    expect(await it.statuses()).toEqual(['three running', 'one stopped']);
  });

  test('never_significant: with autoShutdown never nothing is significant', () => {
    expect(() => supervisor({ children: [significant('one', 'transient')] })).toThrow(
      /significant has no meaning/,
    );
  });

  test('significant_restart: one that is restarted does not count', async () => {
    const it = await start({ autoShutdown: 'anySignificant', children: [significant('one', 'transient')] });
    await it.tell('one', crash);
    expect(await it.statuses()).toEqual(['one running']);
  });

  test('significant_terminate: terminateChild does not count', async () => {
    for (const autoShutdown of ['anySignificant', 'allSignificant'] as const) {
      const it = await start({
        autoShutdown,
        children: [significant('one', 'transient'), significant('two', 'temporary')],
      });
      await it.call(it.sup.terminateChild('one'));
      await it.call(it.sup.terminateChild('two'));
      expect(await it.statuses()).toEqual(['one stopped']);
    }
  });

  test('significant_bystander: one that is stopped with a sibling does not count', async () => {
    for (const strategy of ['oneForAll', 'restForOne'] as const) {
      const it = await start({
        strategy,
        autoShutdown: 'anySignificant',
        children: [spec('one'), significant('two', 'temporary'), significant('three', 'transient')],
      });
      await it.tell('one', crash);
      expect(await it.statuses()).toEqual(['three running', 'one running']);
    }
  });

  test('significant_simple: for dynamic children too', async () => {
    for (const autoShutdown of ['anySignificant', 'allSignificant'] as const) {
      const it = await start({
        strategy: 'dynamic',
        autoShutdown,
        children: [{ start: worker(), restart: 'transient', significant: true }],
      });
      const refs: ActorRef<Command>[] = [];
      for (let n = 0; n < 2; n++) refs.push((await it.call(it.sup.startChild([]))).ref as ActorRef<Command>);
      refs[0]!.tell(stopWith(exit.normal));
      await it.kit.settle();
      expect(endOf(it) !== undefined).toBe(autoShutdown === 'anySignificant');
      refs[1]!.tell(stopWith(exit.normal));
      await it.kit.settle();
      expect(endOf(it)).toMatchObject({ reason: exit.shutdown });
    }
  });

  test('significant_escalation: an inner supervisor that ends itself is a significant child of the outer', async () => {
    const inner = supervisor({
      autoShutdown: 'anySignificant',
      children: [significant('leaf', 'transient')],
    });
    const it = await start({
      autoShutdown: 'anySignificant',
      children: [{ id: 'inner', start: inner, restart: 'transient', significant: true }, spec('other')],
    });
    const sup = new Supervisor((await it.refOf('inner')) as never);
    it.trace();
    const [leaf] = await it.call(sup.children());
    (leaf!.ref as unknown as ActorRef<Command>).tell(stopWith(exit.normal));
    await it.kit.settle();
    expect(it.trace()).toEqual([
      '- inner/leaf normal',
      '- inner shutdown',
      '- other shutdown',
      '- /sup shutdown',
    ]);
  });
});

describe('reconfigure', () => {
  test('code_change, code_change_map: merges by id; running refs are kept, new specs not started, removed ones stay', async () => {
    const it = await start({ ...roomy, children: [spec('one'), spec('two')] });
    const one = await it.refOf('one');
    it.trace();
    await it.call(
      it.sup.reconfigure({
        ...roomy,
        strategy: 'oneForAll',
        children: [spec('one', { shutdown: 7 }), spec('three')],
      }),
    );
    expect(it.trace()).toEqual([]);
    expect(await it.statuses()).toEqual(['two running', 'three stopped', 'one running']);
    expect(await it.refOf('one')).toBe(one);
    expect(await it.call(it.sup.getChildSpec('one'))).toMatchObject({ shutdown: 7 });
    one.tell(crash);
    await it.kit.settle();
    expect(it.trace()).toEqual(['- one error', '- two shutdown', '+ one', '+ three', '+ two']);
  });

  test('code_change: an invalid spec rejects the whole change', async () => {
    const it = await start({ ...roomy, children: [spec('one')] });
    const change = it.sup.reconfigure({
      strategy: 'oneForAll',
      children: [spec('two'), spec('three', { shutdown: -1 })],
    });
    await expect(it.call(change)).rejects.toThrow(/children\[1\]: shutdown must be 0 or more/);
    expect(await it.statuses()).toEqual(['one running']);
    await it.tell('one', crash);
    expect(await it.statuses()).toEqual(['one running']);
  });

  test('code_change_simple, code_change_simple_map: the template changes for those started later', async () => {
    const it = await start({
      strategy: 'dynamic',
      ...roomy,
      children: [{ start: worker(['info']), args: ['old'] }],
    });
    await it.call(
      it.sup.reconfigure({
        strategy: 'dynamic',
        ...roomy,
        children: [{ start: worker(['info']), args: ['new'] }],
      }),
    );
    expect(await it.call(it.sup.startChild([]))).toMatchObject({ info: ['info', 'new'] });
    await expect(it.call(it.sup.reconfigure({}))).rejects.toThrow(/can't become dynamic, or cease to be/);
  });
});

test('one start of a child may take its time; the supervisor answers afterwards', async () => {
  const it = await start(roomy);
  function late(context: Context<Command>) {
    return new Promise<() => void>(
      resolve => void context.cell.dispatcher.after(300, () => resolve(() => {})),
    );
  }
  const started = it.sup.startChild({ id: 'late', start: late });
  const counted = it.sup.count();
  expect(await it.call(started)).toMatchObject({ ref: { path: '/sup/late' } });
  expect(it.kit.now).toBe(300);
  expect(await it.call(counted)).toMatchObject({ active: 1 });
});

test('next.stop in setup is a start that failed with that reason', async () => {
  const it = await start(roomy);
  const refused = it.call(
    it.sup.startChild({
      id: 'no',
      start: (_context: Context<Command>) => next.stop(exit.shutdownWith('no')),
    }),
  );
  await expect(refused).rejects.toMatchObject({
    code: 'startFailed',
    message: expect.stringContaining('shutdown: no'),
  });
});
