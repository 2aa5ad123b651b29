/** Actors that use the registry and the event stream from their own threads. */
import { Key, Topic, actor } from '../src/index.ts';
import type { Context, Listing, Reply } from '../src/index.ts';

export type Ask =
  | { readonly type: 'where'; readonly reply: Reply<string> }
  | { readonly type: 'publish'; readonly n: number }
  | { readonly type: 'end' }
  | { readonly type: 'crash' };

export const workers = new Key<Ask>('workers');
export const numbers = new Topic<number>('numbers');

/** Joins, or takes the key for itself, in its setup. */
export const member = actor(import.meta, async function member(context: Context<Ask>, alone: boolean) {
  if (alone) await context.registry.register(workers, context.self);
  else await context.registry.join(workers, context.self);
  return (message: Ask) => {
    if (message.type === 'where') message.reply.tell(context.path);
    else if (message.type === 'publish') context.events.publish(numbers, message.n);
    else if (message.type === 'crash') throw new Error('as told');
    else context.exit(context.self as never, { type: 'normal' });
  };
});

export type Seen =
  | Listing<Ask>
  | number
  | { readonly type: 'get'; readonly reply: Reply<(string | number)[]> };

/** Keeps what it hears: events, and listings as text. */
export const listener = actor(import.meta, async function listener(context: Context<Seen>) {
  const heard: (string | number)[] = [];
  await context.events.subscribe(numbers, context.self);
  await context.registry.subscribe(workers, context.self);
  return (message: Seen) => {
    if (typeof message === 'number') heard.push(message);
    else if (message.type === 'get') message.reply.tell([...heard]);
    else {
      const names = (refs: readonly { readonly path: string }[]): string =>
        refs.map(({ path }) => path.slice(1)).join(' ');
      heard.push(`${names(message.members)} +${names(message.added)} -${names(message.removed)}`);
    }
  };
});
