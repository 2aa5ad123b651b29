/** Actors with bounded mailboxes for `send.test.ts`. */
import { Event } from '@heddle/core';
import { actor } from '../src/index.ts';
import type { ActorRef, Context } from '../src/index.ts';

/** Handles a message when `gate` is set, and tells what it was. */
export const gated = actor(
  import.meta,
  function gated(_context: Context<number>, gate: Event, sink: ActorRef<number>) {
    return async (n: number) => {
      await gate.waitAsync();
      sink.tell(n);
    };
  },
  { mailbox: { capacity: 2, whenFull: 'block' } },
);

export const refusing = actor(
  import.meta,
  function refusing(_context: Context<number>, gate: Event) {
    return async (_n: number) => void (await gate.waitAsync());
  },
  { mailbox: { capacity: 1, whenFull: 'fail' } },
);

/** Never gives its thread back, until the event is set. */
export const stuck = actor(import.meta, function stuck(_context: Context<number>, gate: Event) {
  return (_n: number) => void gate.wait();
});
