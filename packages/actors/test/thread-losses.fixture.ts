/** Actors that have messages in their thread's own memory when it dies. */
import { actor, dedicated, next } from '../src/index.ts';
import type { ActorRef, Context, DedicatedContext, Reply } from '../src/index.ts';

export type LateMessage =
  /** Waits for ever: what comes after it stays in the mailbox. */
  | { readonly type: 'wait' }
  | { readonly type: 'stash' }
  | { readonly type: 'note'; readonly n: number; readonly what?: unknown }
  | { readonly type: 'ping'; readonly reply: Reply<string> }
  /** Tells the actor in `to` so many notes, from 0 on, in one turn. */
  | { readonly type: 'tell'; readonly to: ActorRef<LateMessage>; readonly notes: number }
  /** As `tell`, and tells others elsewhere in the same turn, which ends with the thread, or never. */
  | {
      readonly type: 'lastTurn';
      readonly to: ActorRef<LateMessage>;
      readonly notes: number;
      readonly then: 'exit' | 'spin';
    }
  | { readonly type: 'exit' }
  | { readonly type: 'throwLater' };

/** Tells `sink` the numbers of its notes; its first life waits where it is told to. */
export const late = actor(import.meta, function late(context: Context<LateMessage>, sink: ActorRef<number>) {
  let stashing = false;
  return (message: LateMessage): unknown => {
    switch (message.type) {
      case 'wait':
        return new Promise(() => {});
      case 'stash':
        stashing = true;
        return undefined;
      case 'note':
        return stashing ? context.stash(message) : sink.tell(message.n);
      case 'ping':
        return message.reply.tell('pong');
      case 'tell':
        for (let n = 0; n < message.notes; n++) message.to.tell({ type: 'note', n });
        return undefined;
      case 'lastTurn':
        for (let n = 0; n < message.notes; n++) {
          message.to.tell({ type: 'note', n });
          sink.tell(100 + n);
        }
        message.to.tell({ type: 'note', n: -1, what: () => 'cannot leave this thread' });
        if (message.then === 'exit') process.exit(1);
        for (;;);
      case 'throwLater':
        setTimeout(() => {
          throw new RangeError('not caught by anybody');
        }, 1);
        return new Promise(() => {});
      default:
        return process.exit(1);
    }
  };
});

export const digger = dedicated(import.meta, function digger(context: DedicatedContext<'burn' | 'idle'>) {
  for (const message of context) while (message === 'burn');
});

/** Has a child with a thread of its own, which burns on its first message. */
export const owner = actor(import.meta, function owner(context: Context<'exit' | 'burn' | Ping>) {
  const child = context.spawn(digger, { name: 'digger' });
  return (message: 'exit' | 'burn' | Ping) => {
    if (message === 'exit') process.exit(1);
    if (message === 'burn') for (const each of ['burn', 'idle', 'idle'] as const) child.tell(each);
    else message.reply.tell('pong');
  };
});

export interface Ping {
  readonly reply: Reply<string>;
}

/** Says at its start what can't travel to its parent. */
export const secretive = actor(import.meta, function secretive(_context: Context<never>) {
  return next.started(() => {}, { tell: () => 'nobody' });
});
