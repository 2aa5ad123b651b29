/**
 * What a message costs when it goes to one of many: a thousand messages are told to as many actors in turn as there are, and when all are handled the next
 * thousand. With many, each message meets an actor that no cache has seen lately. No bars: one actor is what the others are compared with.
 */
import { ActorSystem } from '@heddle/actors';
import type { Context } from '@heddle/actors';
import { TIME, timedAsync } from './harness.ts';
import type { Round, Subject } from './harness.ts';

/** So many are told before the actors run. */
const BATCH = 1000;
/** Coprime to the numbers of actors, so that neighbours in memory don't follow each other. */
const STRIDE = 7919;

function population(actors: number): () => Round {
  return () => {
    const system = new ActorSystem({ threads: 0 });
    let handled = 0;
    let target = 0;
    let reached: () => void = () => {};
    const refs = Array.from({ length: actors }, () =>
      system.spawn((_context: Context<number>) => (n: number) => {
        handled += n;
        if (handled === target) reached();
      }),
    );
    return messages =>
      timedAsync(async () => {
        handled = 0;
        for (let sent = 0; sent < messages;) {
          target = Math.min(messages, sent + BATCH);
          const { promise, resolve } = Promise.withResolvers<void>();
          reached = resolve;
          for (; sent < target; sent++) refs[(sent * STRIDE) % actors]!.tell(1);
          await promise;
        }
        return handled;
      });
  };
}

const subject: Subject = {
  tell: {
    operation: 'a message to one of so many actors of the same thread',
    operations: 500_000,
    expected: messages => messages,
    sides: {
      'one actor': population(1),
      '100 actors': population(100),
      '10,000 actors': population(10_000),
      '100,000 actors': population(100_000),
    },
    rows: ['100 actors', '10,000 actors', '100,000 actors'].map(ours => ({
      what: ours,
      ours,
      against: 'one actor',
      bar: TIME,
    })),
  },
};
export default subject;
