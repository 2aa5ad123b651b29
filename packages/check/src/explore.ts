/** Explores a scenario's schedules: asks a crew to play them, and when one fails, shortens it, plays it once more and reports it. */
import { KILL_POINTS, MAXIMUM_THREADS } from './control/layout.ts';
import { Casts } from './crew/casts.ts';
import { Crew } from './crew/crew.ts';
import type { FaultPlan, Reply, Request } from './crew/messages.ts';
import { ScheduleFailure } from './report/failure.ts';
import type { Scenario } from './scenario.ts';
import { explain } from './search/explain.ts';
import { parseTrace } from './trace.ts';

/** Faults that are part of a schedule, drawn from its seed, replayed and shortened with it. */
export interface Faults {
  /**
   * In each schedule so many threads die, at steps drawn from the seed (fewer where a schedule is over before): as by `terminate()`, no `finally` runs, and
   * what they waited for forgets them. At most 3.
   */
  readonly kills: number;
  /** Indices of the threads that may die; by default all. */
  readonly victims?: readonly number[];
}

/** How to explore. */
export interface ExploreOptions {
  /** How many threads; by default as many as the scenario has functions, which are repeated for more. */
  readonly threads?: number;
  /**
   * `random`: a random walk. `pct`: random priorities with a few changes, good at deep bugs. `mixed` (default): half of each.
   * `exhaustive`: every schedule up to `preemptions`, as far as `schedules` reaches.
   */
  readonly strategy?: 'mixed' | 'random' | 'pct' | 'exhaustive';
  /** How many schedules at most; default 1000. */
  readonly schedules?: number;
  /** Schedule n is drawn from seed + n; default 1. */
  readonly seed?: number;
  /** Priority changes per schedule, for `pct`; by default 0 to 4, drawn. */
  readonly depth?: number;
  /** Preemptions at most, for `exhaustive`; default 2. */
  readonly preemptions?: number;
  /** Plays one schedule from the trace that a failure's report ends with. */
  readonly replay?: string;
  /** Whether plain code between two atomic operations is a step of its own (default true), so that a store that publishes too early is found. */
  readonly plain?: boolean;
  /** Steps after which a schedule counts as a livelock; default 10,000. */
  readonly maxSteps?: number;
  /** Stops after so many milliseconds, however many schedules that were; default none. */
  readonly maxMs?: number;
  /** What may go wrong besides. Not for `exhaustive`. */
  readonly faults?: Faults;
  /** Whether a failing schedule is shortened (default true; a few seconds at most). */
  readonly shorten?: boolean;
}

/** What was explored without finding a failure. */
export interface Explored {
  readonly schedules: number;
  readonly steps: number;
  /** Steps of the longest schedule. */
  readonly longest: number;
  /** `exhaustive` only: every schedule within the bound has been played. */
  readonly complete: boolean;
  readonly ms: number;
}

/** Schedules per request to the conductor: what is lost when a limit on time is reached, at most. */
const BATCH = 250;
/** Where each death costs a worker, which takes longer than a hundred schedules. */
const DEADLY_BATCH = 5;

/**
 * Plays schedules of the scenario until one fails, then rejects with a `ScheduleFailure` whose message shows it; resolves when none failed.
 * Never blocks the calling thread. Each call has workers of its own, which are gone when it settles.
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Explored> {
  const outcome = await run(scenario, options);
  if (outcome instanceof ScheduleFailure) throw outcome;
  return outcome;
}

/** As `explore`, for code that is expected to fail: resolves to the failure, or to `undefined` when no schedule failed. */
export async function findFailure(
  scenario: Scenario,
  options: ExploreOptions = {},
): Promise<ScheduleFailure | undefined> {
  const outcome = await run(scenario, options);
  return outcome instanceof ScheduleFailure ? outcome : undefined;
}

function wholeNumber(
  value: number | undefined,
  fallback: number,
  low: number,
  high: number,
  name: string,
): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(
      `explore: ${name} must be a whole number from ${low} to ${high}, got ${String(value)}`,
    );
  }
  return value;
}

function faultPlan(options: ExploreOptions, threads: number): FaultPlan | undefined {
  const { faults } = options;
  if (faults === undefined) return undefined;
  if (options.strategy === 'exhaustive')
    throw new RangeError("explore: faults can't be explored exhaustively; use 'mixed', 'random' or 'pct'");
  const kills = wholeNumber(faults.kills, 0, 0, KILL_POINTS, 'faults.kills');
  const victims = faults.victims ?? Array.from({ length: threads }, (_, index) => index);
  let killable = 0;
  for (const victim of victims)
    killable |= 1 << wholeNumber(victim, 0, 0, threads - 1, 'each of faults.victims');
  return kills === 0 ? undefined : { kills, killable };
}

async function run(scenario: Scenario, options: ExploreOptions): Promise<Explored | ScheduleFailure> {
  const threads = wholeNumber(options.threads, scenario.threads, 1, MAXIMUM_THREADS, 'threads');
  const schedules = wholeNumber(options.schedules, 1000, 1, 2 ** 31, 'schedules');
  const limit = wholeNumber(options.maxSteps, 10_000, 10, 1_000_000, 'maxSteps');
  const seed = wholeNumber(options.seed, 1, 0, 2 ** 31, 'seed');
  const strategy = options.strategy ?? 'mixed';
  const plain = options.plain ?? true;
  const started = performance.now();
  const until = options.maxMs === undefined ? Infinity : started + options.maxMs;
  const faults = faultPlan(options, threads);
  const crew = new Crew(scenario, threads, limit);
  const total = { schedules: 0, steps: 0, longest: 0, complete: false };
  try {
    if (options.replay !== undefined) {
      const reply = await crew.ask({
        kind: 'one',
        plan: { strategy: 'steady', seed: 0, segments: parseTrace(options.replay), lines: true },
        plain,
      });
      if (reply.failure === undefined)
        return {
          schedules: 1,
          steps: reply.steps,
          longest: reply.steps,
          complete: false,
          ms: performance.now() - started,
        };
      return new ScheduleFailure(reply.failure, {
        scenario: scenario.name,
        through: scenario.through,
        threads,
        schedules: 1,
        strategy: 'replay',
        reproduced: true,
        original: reply.failure,
      });
    }
    while (total.schedules < schedules && performance.now() < until) {
      const batch = faults !== undefined && scenario.hasWorld ? DEADLY_BATCH : BATCH;
      const count = Math.min(batch, schedules - total.schedules);
      const request: Request =
        strategy === 'exhaustive'
          ? { kind: 'exhaustive', bound: options.preemptions ?? 2, count, plain }
          : {
              kind: 'batch',
              strategy,
              depth: options.depth,
              seed: seed + total.schedules,
              count,
              plain,
              faults,
            };
      const reply: Reply = await crew.ask(request);
      total.schedules += reply.schedules;
      total.steps += reply.steps;
      total.longest = Math.max(total.longest, reply.longest);
      if (reply.failure !== undefined) {
        const found = reply.failure;
        const about = { scenario, threads, schedules: total.schedules, strategy, plain };
        // All schedules before it too, for code that keeps something between schedules.
        const again: Request | undefined =
          request.kind === 'batch' && found.seed !== 0
            ? { ...request, seed, count: found.seed - seed + 1, lines: true }
            : undefined;
        const casts = new Casts(crew, () => new Crew(scenario, threads, limit), scenario.hasWorld);
        try {
          return await explain(found, about, casts, options.shorten ?? true, again);
        } finally {
          await casts.dispose();
        }
      }
      if (reply.complete === true) {
        total.complete = true;
        break;
      }
    }
    return { ...total, ms: performance.now() - started };
  } finally {
    await crew.dispose();
  }
}
