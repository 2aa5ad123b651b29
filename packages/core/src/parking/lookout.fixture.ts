import { Event, getNativeId, task } from '../index.ts';

/** Answers so many times, and returns which worker did. */
export const answer = task(
  import.meta,
  async function answer(ping: Event, pong: Event, trips: number): Promise<number | undefined> {
    for (let trip = 0; trip < trips; trip++) {
      await ping.waitAsync();
      ping.clear();
      pong.set();
    }
    return getNativeId();
  },
);
