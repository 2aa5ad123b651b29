/** `stop(ref, { reason, timeout })`: of a child, and of any actor by the system; on this thread and others. Source: OTP's `gen_server:stop`. */
import { TimeoutError } from '@heddle/core';
import { describe, expect, test } from 'vitest';
import { behavior, exit } from '../src/index.ts';
import type { ActorRef, Context, ExitReason, StopOptions } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { escalating, keeper, lingering } from './simulated-threads.fixture.ts';

type Act = (context: Context<Act>) => unknown;

/** Does as it is told. */
function doer(context: Context<Act>) {
  return (act: Act): unknown => act(context);
}

/** Runs `act` in the actor, and waits for what it returns. */
function within<T>(
  kit: TestSystem,
  ref: ActorRef<Act>,
  act: (context: Context<Act>) => T | Promise<T>,
): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    ref.tell(context => {
      void (async () => act(context))().then(resolve, reject);
    });
  });
  return kit.until(result);
}

describe.each([
  ['here', 'parent'],
  ['on another thread', 'leastLoaded'],
] as const)('a child %s', (_where, placement) => {
  const begin = async () => {
    const kit = new TestSystem({ threads: 2 });
    const probe = kit.probe<string>('probe');
    const parent = kit.spawn(doer, { name: 'parent' });
    const child = await within(kit, parent, context =>
      context.spawn(lingering, { name: 'child', placement, args: [probe.ref, 1000] }),
    );
    await kit.settle();
    return { kit, probe, parent, child };
  };

  test('ends for the reason that was given, after what it had accepted', async () => {
    const { kit, probe, parent, child } = await begin();
    for (const text of ['a', 'b']) child.tell(text);
    const reason = exit.shutdownWith('deploy');
    expect(await within(kit, parent, context => context.stop(child, { reason }))).toEqual(reason);
    expect(probe.messages).toEqual(['a', 'b', 'stopped: shutdown: deploy']);
  });

  test("a timeout is the caller's error only: the stop goes on, and is told to who asks again", async () => {
    const { kit, probe, parent, child } = await begin();
    const refused = within(kit, parent, context => context.stop(child, { timeout: 100 }));
    await expect(refused).rejects.toThrow(TimeoutError);
    await expect(refused).rejects.toThrow("stop /parent/child: it hasn't ended within 100 ms");
    expect(probe.messages).toEqual([]);
    expect(await within(kit, parent, context => context.stop(child))).toEqual(exit.shutdown);
    expect(probe.messages).toEqual(['stopped: shutdown']);
    expect(kit.now).toBeGreaterThanOrEqual(1000);
  });

  test('an error that escalates makes the parent fail too, wherever the child is', async () => {
    const { kit, parent, probe } = await begin();
    const ended = parent.whenStopped();
    const other = kit.spawn(lingering, { args: [probe.ref, 0], placement });
    await within(kit, parent, context => context.spawn(escalating, { placement }).tell('go'));
    expect(await kit.until(ended)).toMatchObject({ type: 'error', error: expect.any(RangeError) });
    expect(other.alive).toBe(true);
    other.tell('still here');
    await kit.settle();
    expect(probe.messages).toContain('still here');
  });

  test('the system stops any actor, not only those at the top', async () => {
    const { kit, child } = await begin();
    const stop = (options?: StopOptions): Promise<ExitReason> => kit.until(kit.system.stop(child, options));
    await expect(stop({ timeout: 100 })).rejects.toThrow(TimeoutError);
    expect(await stop({ reason: exit.normal })).toMatchObject({ type: 'shutdown' });
    expect(child.alive).toBe(false);
  });
});

test('misuse of stop: what is no child, no reason, no timeout', async () => {
  const kit = new TestSystem();
  const parent = kit.spawn(doer, { name: 'parent' });
  const stranger = kit.spawn(doer, { name: 'stranger' });
  await kit.settle();
  await expect(within(kit, parent, context => context.stop(stranger))).rejects.toThrow(
    '/parent: stop() is for children; /stranger is none. Use exit(), or ask its parent',
  );
  await expect(kit.system.stop(stranger, { reason: new Error('x') as never })).rejects.toThrow(
    'stop /stranger: expected a reason, as exit.normal, exit.shutdown or exit.error(error), got Error: x (object)',
  );
  await expect(kit.system.stop(stranger, { timeout: -1 })).rejects.toThrow(RangeError);
  expect(() => kit.system.exit(stranger, 'kill' as never)).toThrow(TypeError);
  expect(stranger.alive).toBe(true);
});

test("another thread's actor, known by its ref alone, is killed as well when its time is over", async () => {
  const kit = new TestSystem({ threads: 2 });
  const refs = kit.probe<ActorRef<string>>('refs');
  const sink = kit.probe<string>('sink');
  kit.spawn(keeper, { placement: { key: 1 }, args: [refs.ref, sink.ref] });
  await kit.settle();
  const begun = kit.now;
  expect(await kit.until(kit.system.stop(refs.messages[0]!))).toEqual(exit.killed);
  expect(kit.now - begun).toBe(300);
});

test('who is asked to stop and takes too long is killed when its own time is over, whoever waits', async () => {
  const kit = new TestSystem();
  const ref = kit.spawn(
    (_context: Context<never>) =>
      behavior<never>({ receive: () => {}, stopped: () => new Promise(() => {}) }),
    {
      shutdown: 300,
    },
  );
  await kit.settle();
  expect(await kit.until(kit.system.stop(ref))).toEqual(exit.killed);
  expect(kit.now).toBe(300);
});
