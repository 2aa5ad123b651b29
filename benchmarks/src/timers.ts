/**
 * Timers that hardly ever come due, as time limits do: each is started, and cancelled before its time. Heddle's belong to actors, a hundred to each, on the wheel of
 * their thread, and each has a message. `sendAfter` returns by what to cancel, as `setTimeout` does, and whoever started it keeps that in an array; `after` takes a key instead, by which it is
 * cancelled or replaced, here a number, as requests have.
 */
import { ActorSystem } from '@heddle/actors';
import type { ActorTimers, Context, TimerRef } from '@heddle/actors';
import { SPEED, timed, timedAsync } from './harness.ts';
import type { Round, Subject, Workload } from './harness.ts';

const MANY = 1_000_000;

/** Milliseconds for the n-th timer. */
type Delay = (n: number) => number;

/** All have the same limit. */
const alike: Delay = () => 30_000;
/** From ten seconds to a minute and nine, of 59,000 lengths. */
const mixed: Delay = n => 10_000 + ((n * 7919) % 59_000);

const PER_ACTOR = 100;

interface Order {
  readonly do: 'start' | 'cancel';
  /** Its first timer's number. */
  readonly first: number;
  readonly count: number;
}

/** Does an order with the timers of an actor; returns how many it has cancelled. */
type Holder = (timers: ActorTimers, delay: Delay) => (order: Order) => number;

const byKey: Holder =
  (timers, delay) =>
  ({ do: what, first, count }) => {
    let cancelled = 0;
    for (let n = first; n < first + count; n++) {
      if (what === 'cancel') cancelled += timers.cancel(n) ? 1 : 0;
      else timers.after(n, delay(n), 'due');
    }
    return cancelled;
  };

const byRef: Holder = (timers, delay) => {
  let running: TimerRef[] = [];
  return ({ do: what, first, count }) => {
    let cancelled = 0;
    if (what === 'cancel') {
      for (const timer of running) cancelled += timers.cancelTimer(timer) ? 1 : 0;
      running = [];
    } else {
      for (let n = first; n < first + count; n++) running.push(timers.sendAfter(delay(n), 'due'));
    }
    return cancelled;
  };
};

function wheel(delay: Delay, holder: Holder): () => Round {
  return () => {
    const system = new ActorSystem({ threads: 0 });
    let cancelled = 0;
    let left = 0;
    let finished: () => void = () => {};
    const holders = Array.from({ length: MANY / PER_ACTOR }, () =>
      system.spawn(({ timers }: Context<Order>) => {
        const follow = holder(timers as ActorTimers, delay);
        return (order: Order) => {
          cancelled += follow(order);
          left -= order.count;
          if (left === 0) finished();
        };
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
    sides: { sendAfter: wheel(delay, byRef), after: wheel(delay, byKey), setTimeout: runtime(delay) },
    rows: [
      { what: 'start, cancel', ours: 'sendAfter', against: 'setTimeout', bar: { atLeast: 3 } },
      { what: 'start, cancel, by key', ours: 'after', against: 'setTimeout', bar: SPEED },
    ],
  };
}

const subject: Subject = {
  alike: workload('a timer, of a million that run at once, all for as long', alike),
  mixed: workload('a timer, of a million that run at once, for ten seconds to a minute and nine', mixed),
};
export default subject;
