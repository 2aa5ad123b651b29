/** An actor that waits for the network, on whatever thread. */
import { actor } from '../src/index.ts';
import type { ActorRef, Context } from '../src/index.ts';

/** Fetches what it is told to, and tells how that ended. */
export const fetcher = actor(import.meta, function fetcher(context: Context<string>, sink: ActorRef<string>) {
  return async (url: string) => {
    try {
      const response = await fetch(url, { signal: context.stopSignal });
      sink.tell(`answered ${response.status}`);
    } catch (error) {
      sink.tell((error as Error).name);
    }
  };
});
