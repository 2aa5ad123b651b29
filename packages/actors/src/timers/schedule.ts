/** Times by the wall's clock. */
export interface Schedule {
  /** For logs, if there is one. */
  readonly pattern?: string;
  /** The first time after `ms`, both in milliseconds as `Date.now()`; `undefined` if there is none. */
  nextAfter(ms: number): number | undefined;
}

/** Throws `TypeError` for what is no schedule. */
export function checkSchedule(schedule: unknown): asserts schedule is Schedule {
  if (typeof (schedule as Partial<Schedule> | null | undefined)?.nextAfter === 'function') return;
  throw new TypeError(
    `timers.cron: expected a schedule, as cron(pattern) of @heddle/actors/cron returns, got ${String(schedule)} (${typeof schedule})`,
  );
}
