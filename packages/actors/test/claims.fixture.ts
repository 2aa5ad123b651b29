/** Actors on two threads that start each other's children. */
import type { AtomicCounter } from '@heddle/core';
import { actor, supervisor } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';
import type { Placement } from '../src/runtime/placement.ts';
import { Node } from '../src/runtime/node.ts';
import { echo } from './simulated-threads.fixture.ts';

export interface Ping {
  readonly reply: Reply<string>;
}

export const answering = actor(import.meta, function answering(_context: Context<Ping>) {
  return ({ reply }: Ping) => reply.tell('pong');
});

/** Has its child elsewhere: an `echo`, if there is somebody to tell, or one that answers. */
export const across = supervisor(
  import.meta,
  function across(placement: Placement, sink: ActorRef<string> | undefined) {
    const options = { placement };
    const child =
      sink === undefined
        ? { id: 'child', start: answering, options }
        : { id: 'child', start: echo, args: [sink], options };
    return { children: [child], intensity: 10_000, period: 1000 };
  },
);

/** Its thread stands still when it has taken the news of another's death, before it has said a word about it. */
export const deaf = actor(import.meta, function deaf(_context: Context<Ping>, taken: AtomicCounter) {
  Node.prototype.threadDied = () => {
    taken.add(1);
    for (;;);
  };
  return ({ reply }: Ping) => reply.tell('pong');
});
