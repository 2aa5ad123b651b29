/** The actor behind the event stream: one for a system, on its main thread, so that all subscribers see one order of events. */
import { behavior } from '../behavior/behavior.ts';
import type { ClosureBehavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import type { ActorRef, Reply } from '../runtime/ref.ts';

export type EventMessage =
  | { readonly type: 'publish'; readonly topic: string; readonly event: unknown }
  | {
      readonly type: 'subscribe';
      readonly topic: string;
      readonly to: ActorRef<never>;
      readonly reply: Reply<void>;
    }
  | {
      readonly type: 'unsubscribe';
      readonly topic: string;
      readonly to: ActorRef<never>;
      readonly reply: Reply<void>;
    };

type Subscribers = Map<number, readonly [ref: ActorRef<never>, watch: number]>;

/** `heard` is told which topics have subscribers, and the paths of these. */
export function eventStream(
  context: Context<EventMessage>,
  heard: Map<string, Set<string>>,
): ClosureBehavior<EventMessage> {
  const topics = new Map<string, Subscribers>();

  function note(topic: string): void {
    const subscribers = topics.get(topic);
    if (subscribers === undefined || subscribers.size === 0) {
      topics.delete(topic);
      heard.delete(topic);
    } else heard.set(topic, new Set([...subscribers.values()].map(([{ path }]) => path)));
  }

  return behavior<EventMessage>({
    receive(message) {
      const subscribers = topics.get(message.topic);
      if (message.type === 'publish') {
        for (const [to] of subscribers?.values() ?? []) (to as ActorRef<unknown>).tell(message.event);
        return;
      }
      const { topic, to, reply } = message;
      if (message.type === 'subscribe') {
        if (subscribers === undefined) topics.set(topic, new Map([[to.id, [to, context.watch(to)]]]));
        else if (!subscribers.has(to.id)) subscribers.set(to.id, [to, context.watch(to)]);
      } else {
        const subscriber = subscribers?.get(to.id);
        if (subscriber !== undefined) context.unwatch(subscriber[1]);
        subscribers?.delete(to.id);
      }
      note(topic);
      reply.tell(undefined);
    },
    signal(signal) {
      if (signal.type !== 'down') return;
      for (const [topic, subscribers] of topics) {
        if (subscribers.get(signal.ref.id)?.[1] !== signal.watch) continue;
        subscribers.delete(signal.ref.id);
        note(topic);
      }
    },
  });
}
