/**
 * Timers that hardly ever come due, as time limits do: each is started, and cancelled before its time. Heddle's are an actor's, on the wheel of its thread; each has
 * a key, by which it is cancelled, and a message. The runtime's are kept in an array.
 */
import { ActorSystem } from '@heddle/actors';
import type { ActorTimers, Context, Reply } from '@heddle/actors';
import { timed, timedAsync } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';

const MANY = 1_000_000;

/** Milliseconds for the n-th timer. */
type Delay = (n: number) => number;

/** All have the same limit. */
const alike: Delay = () => 30_000;
/** Each thousand different ones, from one second to about a minute. */
const mixed: Delay = n => 1000 + ((n * 7919) % 59_000);

interface Run {
  readonly count: number;
  readonly reply: Reply<number>;
}

/** Starts all, and cancels all; returns how many there were to cancel. */
function startAndCancel(timers: ActorTimers, count: number, delay: Delay): number {
  let cancelled = 0;
  for (let n = 0; n < count; n++) timers.after(n, delay(n), 'due');
  for (let n = 0; n < count; n++) if (timers.cancel(n)) cancelled += 1;
  return cancelled;
}

function wheel(delay: Delay): () => Round {
  return () => {
    const system = new ActorSystem({ threads: 0 });
    const holder = system.spawn(
      ({ timers }: Context<Run>) =>
        ({ count, reply }: Run) =>
          reply.tell(startAndCancel(timers as ActorTimers, count, delay)),
    );
    return count => timedAsync(() => holder.ask({ count }, { timeout: 60_000 }));
  };
}

function runtime(delay: Delay): () => Round {
  const due = (): void => {
    throw new Error('a timer came due');
  };
  return () => count =>
    timed(() => {
      const all = Array.from({ length: count }, (_, n) => setTimeout(due, delay(n)));
      all.forEach(clearTimeout);
      return all.length;
    });
}

function workload(operation: string, delay: Delay): Workload {
  return {
    operation,
    operations: MANY,
    quick: MANY / 10,
    expected: count => count,
    sides: { wheel: wheel(delay), setTimeout: runtime(delay) },
    rows: [{ what: 'start, cancel', ours: 'wheel', against: 'setTimeout', bar: { atLeast: 3 } }],
  };
}

const subject: Subject = {
  alike: workload('a timer, of a million that run at once, all for as long', alike),
  mixed: workload('a timer, of a million that run at once, for a second to a minute', mixed),
};
export default subject;
