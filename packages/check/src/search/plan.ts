/** Draws from a seed how one schedule is to be chosen: the same seed, the same schedule. */
import { MAXIMUM_THREADS } from '../control/layout.ts';
import { nextState, stateOf } from '../control/random.ts';
import type { FaultPlan, Plan } from '../crew/messages.ts';

/** What the strategies need beside the plan. */
export interface Tuning {
  readonly random: number;
  readonly stickiness: number;
  readonly priorities: readonly number[];
  readonly changePoints: readonly number[];
  readonly timePoints: readonly number[];
  /** Steps at which somebody dies, and who may. */
  readonly killPoints: readonly number[];
  readonly killable: number;
  readonly branchAt: number;
  readonly branchSleep: number;
  readonly budget: number;
}

/** From a coin at every step to one in 32: bugs differ in how long a thread must be left alone. */
const STICKINESS = [0, 128, 192, 224, 240, 248];

/** `length` is how many steps a schedule without preemption has. */
export function planFor(
  strategy: 'mixed' | 'random' | 'pct',
  seed: number,
  length: number,
  threads: number,
  depth?: number,
  faults?: FaultPlan,
): Plan & Partial<Tuning> {
  let state = stateOf(seed);
  const draw = (below: number): number => {
    state = nextState(state);
    return (state >>> 0) % below;
  };
  // Drawn first, and only where asked for: without faults a seed means the schedule that it always meant.
  const deaths =
    faults === undefined
      ? {}
      : {
          killPoints: Array.from({ length: faults.kills }, () => draw(Math.max(2, length))),
          killable: faults.killable,
        };
  const chosen = strategy === 'mixed' ? (draw(2) === 0 ? 'random' : 'pct') : strategy;
  if (chosen === 'random') {
    return {
      strategy: 'random',
      seed,
      stickiness: STICKINESS[draw(STICKINESS.length)]!,
      random: stateOf(state),
      ...deaths,
    };
  }
  // Contention makes schedules longer than they are without: half of the change points are drawn from twice the length.
  const span = Math.max(2, length * (1 + draw(2)));
  const points = (count: number): number[] => Array.from({ length: count }, () => draw(span));
  const priorities = Array.from({ length: MAXIMUM_THREADS }, (_, n) => n + 1);
  for (let n = threads - 1; n > 0; n--) {
    const other = draw(n + 1);
    [priorities[n], priorities[other]] = [priorities[other]!, priorities[n]!];
  }
  return {
    strategy: 'pct',
    seed,
    priorities,
    changePoints: points(depth ?? draw(5)),
    timePoints: points(draw(3)),
    random: stateOf(state),
    ...deaths,
  };
}
