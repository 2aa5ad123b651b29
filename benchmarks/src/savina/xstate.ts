/** xstate's callback actors as a kit: one thread; its mailboxes are run by whoever sends. */
import { createActor, fromCallback } from 'xstate';
import type { AnyActorRef } from 'xstate';
import { timedAsync } from '../harness.ts';
import type { Round } from '../harness.ts';
import type { Bench, Message, Self } from './bench.ts';

export function xstateSide(bench: Bench): Round {
  const start = (handle: (message: Message) => void): AnyActorRef => {
    const made = createActor(fromCallback(({ receive }) => receive(handle)));
    made.start();
    return made;
  };
  const spawn = (role: string, args: readonly unknown[]): AnyActorRef => {
    let handle: ((message: Message) => void) | undefined;
    const ref = start(message => handle!(message));
    handle = bench.roles[role]!(selfOf(ref), ...args);
    return ref;
  };
  const tell: Self['tell'] = (to, message) => (to as AnyActorRef).send(message);
  const selfOf = (ref: AnyActorRef | undefined): Self => ({
    self: ref,
    tell,
    spawn,
    stop: () => (ref as { stop?(): void } | undefined)?.stop?.(),
  });
  return operations =>
    timedAsync(
      () =>
        new Promise<number>(resolve => {
          bench.start(selfOf(undefined), operations, { send: (result: number) => resolve(result) });
        }),
    );
}
