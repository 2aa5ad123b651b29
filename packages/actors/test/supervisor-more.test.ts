/** OTP's supervisor_SUITE, continued: the cases of stopping, reconfiguring and starting that `supervisor.test.ts` hasn't. */
import { describe, expect, test } from 'vitest';
import { Supervisor, describeReport, exit, next, supervisor } from '../src/index.ts';
import type { ActorRef, AutoShutdown, ChildSpec, ExitReason, SupervisorOptions } from '../src/index.ts';
import { crash, spec, start, stopWith, worker } from './supervisor.setup.ts';
import type { Command } from './supervisor.setup.ts';

const roomy = { intensity: 10, period: 3_600_000 } as const;

describe('start', () => {
  test('sup_start_ignore_init: a supervisor whose init ignores ends with normal, and keeps its spec above', async () => {
    const idle = supervisor({ url: 'test:ignoring' } as ImportMeta, function idle() {
      return next.ignore();
    });
    const it = await start({ ...roomy, children: [{ id: 'idle', start: idle }] });
    expect(it.trace()).toEqual(['? idle', '- idle normal', '+ /sup']);
    expect(await it.statuses()).toEqual(['idle stopped']);
    expect(await it.counts()).toEqual([1, 0, 1, 0]);
  });

  test('sup_start_map_simple: getChildSpec of a dynamic child fills in the defaults', async () => {
    const it = await start({ strategy: 'dynamic', children: [{ start: worker(), args: [1] }] });
    const { ref } = await it.call(it.sup.startChild([2]));
    expect(await it.call(it.sup.getChildSpec(ref!))).toMatchObject({
      args: [1, 2],
      restart: 'permanent',
      shutdown: 5000,
      significant: false,
      type: 'worker',
    });
  });

  test('sup_start_restart_child_returns_error: a restart that fails is told, and the child stays stopped', async () => {
    const it = await start({ ...roomy, children: [spec('one', { start: worker(['ok', 'error']) })] });
    await it.call(it.sup.terminateChild('one'));
    await expect(it.call(it.sup.restartChild('one'))).rejects.toMatchObject({
      code: 'startFailed',
      cause: expect.any(RangeError),
    });
    expect(await it.statuses()).toEqual(['one stopped']);
  });

  test('a temporary child that reconfigure has brought, and that ignores when it is started by name, keeps its spec', async () => {
    const it = await start(roomy);
    const idle = spec('idle', { start: worker(['ignore']), restart: 'temporary' });
    await it.call(it.sup.reconfigure({ ...roomy, children: [idle] }));
    expect(await it.call(it.sup.restartChild('idle'))).toEqual({ ref: undefined, info: undefined });
    expect(await it.statuses()).toEqual(['idle stopped']);
    expect(await it.counts()).toEqual([1, 0, 0, 1]);
  });

  test('sup_start_child_returns_error_simple: a dynamic child that fails to start leaves nothing', async () => {
    const it = await start({ ...roomy, strategy: 'dynamic', children: [{ start: worker(['error']) }] });
    await expect(it.call(it.sup.startChild([]))).rejects.toMatchObject({ code: 'startFailed' });
    expect(await it.call(it.sup.children())).toEqual([]);
    expect(await it.counts()).toEqual([1, 0, 0, 0]);
  });
});

const reasons: [string, ExitReason | 'crash'][] = [
  ['normal', exit.normal],
  ['shutdown', exit.shutdown],
  ['shutdown with detail', exit.shutdownWith('test')],
  ['an error', 'crash'],
];

describe.each(['permanent', 'transient', 'temporary'] as const)('a %s child that ends by itself', restart => {
  test.each(reasons)('sup_stop_race: with %s while its supervisor stops it', async (_name, reason) => {
    const it = await start({ ...roomy, children: [spec('quiet'), spec('racer', { restart })] });
    const racer = await it.refOf('racer');
    it.kit.hold(racer);
    racer.tell(reason === 'crash' ? crash : stopWith(reason));
    const stopped = it.kit.system.stop();
    await it.kit.settle();
    it.kit.release(racer);
    await it.kit.until(stopped);
    const found = it.kit.reports.filter(each => each.type === 'supervisor');
    const plain = reason === exit.shutdown;
    const expected = plain || (restart !== 'permanent' && reason !== 'crash');
    expect(found.map(each => [each.error, each.child])).toEqual(expected ? [] : [['shutdownError', 'racer']]);
    expect(it.kit.trace).toContain('- /sup shutdown');
  });

  test.each(reasons)(
    'sup_stop_non_shutdown_exit_dynamic: with %s, in a dynamic supervisor',
    async (_name, reason) => {
      const template = { start: worker(), restart };
      const it = await start({ ...roomy, strategy: 'dynamic', children: [template] });
      const refs: ActorRef<Command>[] = [];
      for (let n = 0; n < 3; n++) refs.push((await it.call(it.sup.startChild([]))).ref as ActorRef<Command>);
      for (const ref of refs) {
        it.kit.hold(ref);
        ref.tell(reason === 'crash' ? crash : stopWith(reason));
      }
      const stopped = it.kit.system.stop();
      await it.kit.settle();
      for (const ref of refs) it.kit.release(ref);
      await it.kit.until(stopped);
      expect(it.kit.trace.filter(line => line.startsWith('- /sup/'))).toHaveLength(3);
      expect(it.kit.trace).toContain('- /sup shutdown');
    },
  );
});

test('simple_one_for_one_corruption: after the first end of a temporary dynamic child the next ones leave nothing either', async () => {
  const it = await start({
    ...roomy,
    strategy: 'dynamic',
    children: [{ start: worker(), restart: 'temporary' }],
  });
  for (let n = 0; n < 3; n++) {
    const { ref } = await it.call(it.sup.startChild([{ big: n }]));
    (ref as ActorRef<Command>).tell(crash);
    await it.kit.settle();
    expect(await it.call(it.sup.children())).toEqual([]);
    expect(await it.counts()).toEqual([1, 0, 0, 0]);
  }
});

test('simple_one_for_one_restart_ignore: a dynamic child that ignores when it is restarted is gone', async () => {
  const it = await start({ ...roomy, strategy: 'dynamic', children: [{ start: worker(['ok', 'ignore']) }] });
  const { ref } = await it.call(it.sup.startChild([]));
  (ref as ActorRef<Command>).tell(crash);
  await it.kit.settle();
  expect(it.trace().slice(-3)).toEqual(['- worker:4 error', '? worker:4', '- worker:4 normal']);
  expect(await it.call(it.sup.children())).toEqual([]);
  expect(await it.counts()).toEqual([1, 0, 0, 0]);
  await it.kit.until(it.kit.system.stop());
  expect(it.kit.trace).toContain('- /sup shutdown');
});

describe('significant children and reconfigure', () => {
  const options = (
    autoShutdown: AutoShutdown,
    significant = autoShutdown !== 'never',
  ): SupervisorOptions => ({
    ...roomy,
    autoShutdown,
    children: ['one', 'two'].map(id => spec(id, { restart: 'transient', significant })),
  });

  /** How many of the two children must end before the supervisor does. */
  const needed = { never: Infinity, anySignificant: 1, allSignificant: 2 };

  test.each<[string, AutoShutdown, AutoShutdown]>([
    ['significant_upgrade_never_any', 'never', 'anySignificant'],
    ['significant_upgrade_any_never', 'anySignificant', 'never'],
    ['significant_upgrade_never_all', 'never', 'allSignificant'],
    ['significant_upgrade_all_never', 'allSignificant', 'never'],
    ['significant_upgrade_any_all', 'anySignificant', 'allSignificant'],
    ['significant_upgrade_all_any', 'allSignificant', 'anySignificant'],
  ])('%s: from %s to %s, for children that are running', async (_name, before, after) => {
    const it = await start(options(before));
    await it.call(it.sup.reconfigure(options(after)));
    for (const [index, id] of ['one', 'two'].entries()) {
      const isOver = index >= needed[after];
      expect(it.kit.trace.includes('- /sup shutdown')).toBe(isOver);
      if (!isOver) await it.tell(id, stopWith(exit.normal));
    }
    expect(it.kit.trace.includes('- /sup shutdown')).toBe(needed[after] <= 2);
  });

  test('significant_upgrade_child: a running child becomes significant, or ceases to be', async () => {
    for (const significant of [true, false]) {
      const it = await start({ ...options('anySignificant', !significant) });
      await it.call(it.sup.reconfigure(options('anySignificant', significant)));
      await it.tell('one', stopWith(exit.normal));
      expect(it.kit.trace.includes('- /sup shutdown')).toBe(significant);
    }
  });
});

test('code_change: a changed start counts from the next one, under the same ref', async () => {
  const it = await start({ ...roomy, children: [spec('one', { start: worker(['info']), args: ['old'] })] });
  const one = await it.refOf('one');
  const changed = spec('one', { start: worker(['ignore']) });
  await it.call(it.sup.reconfigure({ ...roomy, children: [changed] }));
  expect(await it.statuses()).toEqual(['one running']);
  one.tell(crash);
  await it.kit.settle();
  expect(await it.statuses()).toEqual(['one stopped']);
  const back = spec('one');
  await it.call(it.sup.reconfigure({ ...roomy, children: [back] }));
  expect((await it.call(it.sup.restartChild('one'))).ref).toBe(one);
});

test('format_log_1, format_log_2: a report is a line that names supervisor, child, context and reason', async () => {
  const it = await start({ intensity: 1, children: [spec('one', { start: worker(['ok', 'error']) })] });
  await it.tell('one', crash);
  const lines = it.kit.reports.filter(({ type }) => type === 'supervisor').map(describeReport);
  expect(lines).toEqual([
    'Supervisor /sup, child one: childTerminated: Error: crash',
    'Supervisor /sup, child one: startError: RangeError: start refused',
    'Supervisor /sup, child one: shutdown: shutdown: reachedMaxRestartIntensity',
  ]);
});

test('child_specs_map: each field of a wrong spec is named, and nothing is started', () => {
  const faulty: [Partial<ChildSpec>, RegExp][] = [
    [{ restart: 'always' as 'permanent' }, /children\[0\]\.restart must be one of/],
    [{ shutdown: -1 }, /children\[0\]: shutdown must be 0 or more/],
    [
      { type: 'process' as 'worker' },
      /children\[0\]\.type must be one of worker, supervisor, thread, got process/,
    ],
    [{ type: 'thread' }, /children\[0\]\.type: only an actor declared with dedicated/],
    [{ significant: 1 as unknown as boolean }, /children\[0\]\.significant must be true or false, got 1/],
    [{ start: 'worker' as unknown as ChildSpec['start'] }, /children\[0\]\.start: expected an actor/],
  ];
  for (const [wrong, message] of faulty)
    expect(() => supervisor({ children: [{ ...spec('one'), ...wrong }] })).toThrow(message);
});

test('a call to a supervisor that is gone rejects', async () => {
  const it = await start({});
  await it.kit.until(it.kit.system.stop());
  await expect(new Supervisor(it.sup.ref).count()).rejects.toMatchObject({ name: 'ActorDiedError' });
});
