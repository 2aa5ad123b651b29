// Time as a parameter: what the program asks for the time, and waits by. Tests have their own.

/** A clock. `wall` may jump, `monotonic` never does. */
export interface Clock {
  /** Milliseconds since 1970, as the machine believes. */
  wall(): number;
  /** Milliseconds since some moment, never set. */
  monotonic(): number;
  /** Calls back after so many milliseconds; returns what calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** A timer of Node's that is longer than this rings at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's. Its timers hold the program open. */
export const machineClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      const now = Math.min(left, LONGEST_TIMER_MS);
      timer = setTimeout(() => (left > now ? wait(left - now) : call()), now);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
