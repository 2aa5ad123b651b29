/** Metrics of a system, read when the SDK collects, from what the threads show in shared memory. */
import { metrics } from '@opentelemetry/api';
import type { Meter } from '@opentelemetry/api';
import type { ActorInfo } from '../observability/tree.ts';
import type { ActorSystem } from '../runtime/system.ts';

/**
 * Offers what a system does to a meter; returns the function that ends it. Costs nothing between two collections, except that threads time their actors' turns once the first has been.
 *
 * | name | kind | attributes |
 * |---|---|---|
 * | `heddle.actors` | gauge: actors that are alive | `heddle.thread` |
 * | `heddle.thread.messages` | counter: messages handled | `heddle.thread` |
 * | `heddle.thread.inbox` | gauge: messages from other threads not taken yet | `heddle.thread` |
 * | `heddle.mailboxes` | gauge: messages waiting in all mailboxes | |
 * | `heddle.restarts` | counter: restarts of the actors that are alive | |
 * | `heddle.dead_letters` | counter | |
 */
export function observe(system: ActorSystem, meter: Meter = metrics.getMeter('@heddle/actors')): () => void {
  if (typeof (system as Partial<ActorSystem> | null)?.inspectThreads !== 'function')
    throw new TypeError(`observe: expected an ActorSystem, got ${String(system)} (${typeof system})`);
  if (typeof meter?.createObservableGauge !== 'function')
    throw new TypeError(
      `observe: meter must be a Meter of @opentelemetry/api, got ${String(meter)} (${typeof meter})`,
    );
  const actors = meter.createObservableGauge('heddle.actors', { description: 'Actors that are alive.' });
  const messages = meter.createObservableCounter('heddle.thread.messages', {
    description: 'Messages handled.',
  });
  const inbox = meter.createObservableGauge('heddle.thread.inbox', {
    description: 'Messages from other threads that have not been taken yet.',
  });
  const waiting = meter.createObservableGauge('heddle.mailboxes', {
    description: 'Messages that wait in mailboxes.',
  });
  const restarts = meter.createObservableUpDownCounter('heddle.restarts', {
    description: 'Restarts of the actors that are alive.',
  });
  const letters = meter.createObservableCounter('heddle.dead_letters', { description: 'Dead letters.' });
  const all = [actors, messages, inbox, waiting, restarts, letters];
  const read: Parameters<Meter['addBatchObservableCallback']>[0] = result => {
    for (const thread of system.inspectThreads()) {
      const attributes = { 'heddle.thread': thread.thread };
      result.observe(actors, thread.actors, attributes);
      result.observe(messages, thread.handled, attributes);
      result.observe(inbox, thread.waiting, attributes);
    }
    const sums = sum(system.inspect());
    result.observe(waiting, sums.waiting);
    result.observe(restarts, sums.restarts);
    result.observe(letters, system.deadLetters.count);
  };
  meter.addBatchObservableCallback(read, all);
  return () => meter.removeBatchObservableCallback(read, all);
}

function sum({ waiting, restarts, children }: ActorInfo): { waiting: number; restarts: number } {
  const total = { waiting, restarts };
  for (const child of children) {
    const part = sum(child);
    total.waiting += part.waiting;
    total.restarts += part.restarts;
  }
  return total;
}
