/** Objects that pass functions to each other, on two threads. */
import { proxy } from 'comlink';
import { objectActor, wrap } from '../src/index.ts';
import type { ActorRef, CallMessage, Context } from '../src/index.ts';

export interface Holder {
  hold(lent: () => Promise<void>): void;
  told(): string;
  again(): Promise<string>;
}

/** Calls what it is lent, and says how that ended. */
export const holder = objectActor(import.meta, function holder(_context: Context<never>): Holder {
  let lent: () => Promise<void>;
  let told = '';
  return {
    hold(given) {
      lent = given;
      lent().then(
        () => (told = 'answered'),
        (error: unknown) => (told = String(error)),
      );
    },
    told: () => told,
    again: () =>
      lent().then(
        () => 'answered',
        (error: unknown) => String(error),
      ),
  };
});

/** Lends a function that never answers, and ends its thread. */
export const lender = objectActor(
  import.meta,
  function lender(_context: Context<never>, to: ActorRef<CallMessage<Holder>>) {
    return {
      async lend(): Promise<number> {
        let calls = 0;
        await wrap(to).hold(proxy(() => new Promise<void>(() => (calls += 1))));
        while (calls === 0) await new Promise(resolve => setTimeout(resolve, 1));
        return calls;
      },
      die: (): never => process.exit(1),
    };
  },
);
