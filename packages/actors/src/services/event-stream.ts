/** `EventStream`: what is published on a topic reaches all that have subscribed to it, on every thread. */
import type { DeadLetterReason } from '../runtime/dead-letters.ts';
import type { ActorRef, AskOptions } from '../runtime/ref.ts';
import type { Report } from '../runtime/report.ts';
import type { EventMessage } from './event-stream-actor.ts';
import { Topic } from './key.ts';

/** A message that reached nobody, as an event. */
export interface DeadLetterEvent {
  readonly type: 'deadLetter';
  readonly message: unknown;
  /** Whom it was for. */
  readonly path: string;
  readonly reason: DeadLetterReason;
  /** How many it stands for, if it isn't one; see `DeadLetter`. */
  readonly count?: number;
}

/** What the system itself publishes. */
export const topics: {
  /** Every message that isn't delivered, of all threads, but for those to subscribers of this topic. */
  readonly deadLetters: Topic<DeadLetterEvent>;
  /** Crashes, restarts and what supervisors report, of all threads. */
  readonly reports: Topic<Report>;
} = { deadLetters: new Topic('heddle:deadLetters'), reports: new Topic('heddle:reports') };

/**
 * Publish and subscribe over all threads of a system: `system.events`, and `context.events` in actors. Events go through one actor on the main thread, so that all
 * subscribers of a topic see them in one order; a subscriber's mailbox and its policy are as for any message. An event without subscribers is forgotten.
 *
 * Source: Pekko's event stream.
 *
 * @example
 * const orders = new Topic<{ id: number }>('orders');
 * await system.events.subscribe(orders, billing);
 * context.events.publish(orders, { id: 7 });
 */
export class EventStream {
  readonly #actor: () => ActorRef<EventMessage>;

  /** @internal */
  constructor(actor: () => ActorRef<EventMessage>) {
    this.#actor = actor;
  }

  /** Tells all that have subscribed. Never throws, never blocks; per publisher, first in, first out. */
  publish<M>(topic: Topic<M>, event: NoInfer<M>): void {
    this.#actor().tell({ type: 'publish', topic: nameOf(topic, 'publish'), event });
  }

  /** Has `to` told what is published from now on, until it ends or `unsubscribe`. Resolves when it is so; doing it again changes nothing. */
  subscribe<M>(topic: Topic<M>, to: ActorRef<NoInfer<M>>, options?: AskOptions): Promise<void> {
    const name = nameOf(topic, 'subscribe');
    return this.#actor().ask({ type: 'subscribe', topic: name, to: to as ActorRef<never> }, options);
  }

  /** Ends that. Ok if it wasn't subscribed. */
  unsubscribe<M>(topic: Topic<M>, to: ActorRef<NoInfer<M>>, options?: AskOptions): Promise<void> {
    const name = nameOf(topic, 'unsubscribe');
    return this.#actor().ask({ type: 'unsubscribe', topic: name, to: to as ActorRef<never> }, options);
  }
}

function nameOf(topic: unknown, call: string): string {
  if (topic instanceof Topic) return topic.name;
  throw new TypeError(`events.${call}: expected a Topic, got ${String(topic)} (${typeof topic})`);
}
