/** The actor behind the registry: one for a system, on its main thread, so that all threads see one order of changes. */
import { behavior } from '../behavior/behavior.ts';
import type { ClosureBehavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import type { ActorRef, Reply } from '../runtime/ref.ts';

type AnyRef = ActorRef<never>;

/** What a subscriber of a key gets: first all that are there, then each change. */
export interface Listing<M> {
  readonly type: 'listing';
  /** The name of the key. */
  readonly key: string;
  /** All that stand under the key now, in the order in which they came. */
  readonly members: readonly ActorRef<M>[];
  /** Those that are new since the listing before. */
  readonly added: readonly ActorRef<M>[];
  /** Those that have left or ended since. */
  readonly removed: readonly ActorRef<M>[];
}

/** Who has the key to itself, if a registration was refused. */
type Taken = { readonly path: string; readonly id: number } | undefined;

export type RegistryMessage =
  | {
      readonly type: 'enter';
      readonly key: string;
      readonly ref: AnyRef;
      readonly alone: boolean;
      readonly reply: Reply<Taken>;
    }
  | { readonly type: 'leave'; readonly key: string; readonly ref: AnyRef; readonly reply: Reply<boolean> }
  | { readonly type: 'members'; readonly key: string; readonly reply: Reply<AnyRef[]> }
  | { readonly type: 'subscribe'; readonly key: string; readonly to: AnyRef; readonly reply: Reply<void> }
  | { readonly type: 'unsubscribe'; readonly key: string; readonly to: AnyRef; readonly reply: Reply<void> };

interface Entry {
  /** By number, in the order in which they came; with the watch of each. */
  readonly members: Map<number, readonly [ref: AnyRef, watch: number]>;
  readonly subscribers: Map<number, readonly [ref: AnyRef, watch: number]>;
  /** Whether the only member has the key to itself. */
  alone: boolean;
}

export function registry(context: Context<RegistryMessage>): ClosureBehavior<RegistryMessage> {
  const entries = new Map<string, Entry>();

  function at(key: string): Entry {
    let entry = entries.get(key);
    if (entry === undefined)
      entries.set(key, (entry = { members: new Map(), subscribers: new Map(), alone: false }));
    return entry;
  }

  function enter(key: string, ref: AnyRef, alone: boolean): Taken {
    const entry = at(key);
    const { members } = entry;
    if (members.has(ref.id) && entry.alone === alone) return undefined;
    const [first] = members.values();
    if (first !== undefined && (alone || entry.alone)) return { path: first[0].path, id: first[0].id };
    entry.alone = alone;
    members.set(ref.id, [ref, context.watch(ref)]);
    announce(key, [ref], []);
    return undefined;
  }

  function leave(key: string, ref: AnyRef): boolean {
    const entry = entries.get(key);
    const member = entry?.members.get(ref.id);
    if (entry === undefined || member === undefined) return false;
    context.unwatch(member[1]);
    remove(key, entry, member[0]);
    return true;
  }

  function remove(key: string, entry: Entry, ref: AnyRef): void {
    entry.members.delete(ref.id);
    entry.alone &&= entry.members.size > 0;
    announce(key, [], [ref]);
    forgetEmpty(key, entry);
  }

  function forgetEmpty(key: string, { members, subscribers }: Entry): void {
    if (members.size === 0 && subscribers.size === 0) entries.delete(key);
  }

  function listing(key: string, added: readonly AnyRef[], removed: readonly AnyRef[]): Listing<never> {
    const members = [...at(key).members.values()].map(([ref]) => ref);
    return { type: 'listing', key, members, added, removed };
  }

  function announce(key: string, added: readonly AnyRef[], removed: readonly AnyRef[]): void {
    const { subscribers } = at(key);
    if (subscribers.size === 0) return;
    const change = listing(key, added, removed);
    for (const [to] of subscribers.values()) (to as ActorRef<unknown>).tell(change);
  }

  function subscribe(key: string, to: AnyRef): void {
    const { subscribers } = at(key);
    if (!subscribers.has(to.id)) subscribers.set(to.id, [to, context.watch(to)]);
    const now = listing(key, [], []);
    (to as ActorRef<unknown>).tell({ ...now, added: now.members });
  }

  function unsubscribe(key: string, to: AnyRef): void {
    const entry = entries.get(key);
    const subscriber = entry?.subscribers.get(to.id);
    if (entry === undefined || subscriber === undefined) return;
    context.unwatch(subscriber[1]);
    entry.subscribers.delete(to.id);
    forgetEmpty(key, entry);
  }

  return behavior<RegistryMessage>({
    receive(message) {
      switch (message.type) {
        case 'enter':
          return message.reply.tell(enter(message.key, message.ref, message.alone));
        case 'leave':
          return message.reply.tell(leave(message.key, message.ref));
        case 'members':
          return message.reply.tell(
            [...(entries.get(message.key)?.members.values() ?? [])].map(([ref]) => ref),
          );
        case 'subscribe':
          return message.reply.tell(subscribe(message.key, message.to));
        default:
          return message.reply.tell(unsubscribe(message.key, message.to));
      }
    },
    signal(signal) {
      if (signal.type !== 'down') return;
      for (const [key, entry] of entries) {
        if (entry.subscribers.get(signal.ref.id)?.[1] === signal.watch) {
          entry.subscribers.delete(signal.ref.id);
          forgetEmpty(key, entry);
        }
        const member = entry.members.get(signal.ref.id);
        if (member?.[1] === signal.watch) remove(key, entry, member[0]);
      }
    },
  });
}
