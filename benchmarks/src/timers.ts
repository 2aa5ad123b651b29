/**
 * Timers that hardly ever come due, as time limits do: each is started, and cancelled before its time. Heddle's belong to actors, a hundred to each, on the wheel of
 * their thread; each has a key, by which it is cancelled, and a message. The runtime's are kept in an array. With all million timers in one actor a `Map` of that size would be
 * most of what is measured.
 */
import { ActorSystem } from '@heddle/actors';
import type { ActorTimers, Context } from '@heddle/actors';
import { timed, timedAsync } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';

const MANY = 1_000_000;

/** Milliseconds for the n-th timer. */
type Delay = (n: number) => number;

/** All have the same limit. */
const alike: Delay = () => 30_000;
/** From one second to a minute, of 59,000 lengths. */
const mixed: Delay = n => 1000 + ((n * 7919) % 59_000);

const PER_ACTOR = 100;

interface Start {
  readonly do: 'start' | 'cancel';
  /** Its first timer's number. */
  readonly first: number;
  readonly count: number;
}

/** Starts an actor's timers, or cancels them. */
function startOrCancel(timers: ActorTimers, { do: what, first, count }: Start, delay: Delay): number {
  let done = 0;
  for (let n = first; n < first + count; n++) {
    if (what === 'cancel') done += timers.cancel(n) ? 1 : 0;
    else timers.after(n, delay(n), 'due');
  }
  return done;
}

function wheel(delay: Delay): () => Round {
  return () => {
    const system = new ActorSystem({ threads: 0 });
    let cancelled = 0;
    let left = 0;
    let finished: () => void = () => {};
    const holders = Array.from({ length: MANY / PER_ACTOR }, () =>
      system.spawn(({ timers }: Context<Start>) => (message: Start) => {
        cancelled += startOrCancel(timers as ActorTimers, message, delay);
        left -= message.count;
        if (left === 0) finished();
      }),
    );
    const tellAll = (what: 'start' | 'cancel', timers: number): Promise<void> =>
      new Promise(resolve => {
        finished = resolve;
        left = timers;
        for (let first = 0; first < timers; first += PER_ACTOR)
          holders[first / PER_ACTOR]!.tell({ do: what, first, count: PER_ACTOR });
      });
    return timers =>
      timedAsync(async () => {
        cancelled = 0;
        await tellAll('start', timers);
        await tellAll('cancel', timers);
        return cancelled;
      });
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
