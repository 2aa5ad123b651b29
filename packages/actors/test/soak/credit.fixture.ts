/** Actors for `credit.ts`. */
import { actor } from '../../src/index.ts';
import type { ActorRef, Context, Reply } from '../../src/index.ts';

export type Parcel =
  | { readonly type: 'put'; readonly n: number }
  | { readonly type: 'get'; readonly n: number; readonly reply: Reply<number> }
  /** Ends the thread. */
  | { readonly type: 'exit' }
  /** Fails, and is started again on the same thread. */
  | { readonly type: 'fail' };

/** Has room for two, and takes its time with some. */
export const clerk = actor(
  import.meta,
  function clerk(_context: Context<Parcel>) {
    return (parcel: Parcel): unknown => {
      if (parcel.type === 'exit') process.exit(1);
      if (parcel.type === 'fail') throw new Error('as told');
      if (parcel.type === 'get') return parcel.reply.tell(parcel.n);
      if (parcel.n % 7 !== 0) return undefined;
      return new Promise<void>(resolve => setTimeout(resolve, parcel.n % 3));
    };
  },
  { mailbox: { capacity: 2, whenFull: 'block' } },
);

export interface Errand {
  readonly n: number;
  readonly reply: Reply<number>;
}

/** Sends to clerks on whatever thread, or asks them, and says so. */
export const messenger = actor(
  import.meta,
  function messenger(_context: Context<Errand>, clerks: readonly ActorRef<Parcel>[]) {
    return async ({ n, reply }: Errand): Promise<void> => {
      const to = clerks[n % clerks.length]!;
      const options = n % 3 === 0 ? {} : { timeout: 3_600_000 };
      try {
        if (n % 2 === 0) await to.send({ type: 'put', n }, options);
        else if ((await to.ask({ type: 'get', n }, { timeout: 3_600_000 })) !== n) reply.tell(-1);
        reply.tell(n);
      } catch (error) {
        reply.fail(error);
      }
    };
  },
);
