/** Actors as people write them in Effect: a fiber that takes from an unbounded queue. One thread. */
import { Effect, Fiber, Queue } from 'effect';
import { timedAsync } from '../harness.ts';
import type { Round } from '../harness.ts';
import type { Bench, Message, Self } from './bench.ts';

interface Box {
  readonly queue: Queue.Queue<Message>;
  fiber: Fiber.Fiber<unknown> | undefined;
}

export function effectSide(bench: Bench): Round {
  const start = (handle: (message: Message) => void): Box => {
    const queue = Effect.runSync(Queue.unbounded<Message>());
    const fiber = Effect.runFork(
      Effect.forever(Effect.map(Queue.take(queue), message => handle(message)) as Effect.Effect<void>),
    );
    return { queue, fiber };
  };
  const spawn = (role: string, args: readonly unknown[]): Box => {
    let handle: ((message: Message) => void) | undefined;
    const box = start(message => handle!(message));
    handle = bench.roles[role]!(selfOf(box), ...args);
    return box;
  };
  const tell: Self['tell'] = (to, message) => void Queue.offerUnsafe((to as Box).queue, message);
  const selfOf = (box: Box | undefined): Self => ({
    self: box,
    tell,
    spawn,
    stop: () => void (box?.fiber && Effect.runFork(Fiber.interrupt(box.fiber))),
  });
  return operations =>
    timedAsync(
      () =>
        new Promise<number>(resolve => {
          bench.start(
            selfOf(undefined),
            operations,
            start(result => resolve(result)),
          );
        }),
    );
}
