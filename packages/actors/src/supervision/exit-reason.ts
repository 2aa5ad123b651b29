// Says why an actor or a thread ended, in the words of Erlang/OTP.
// The reason decides who is restarted and what is reported; nothing else about an exit does.

/**
 * Why an actor or a thread ended.
 *
 * - `normal`: it was done.
 * - `shutdown`: it was asked to stop; `detail` is whatever it gave as the cause.
 * - `killed`: it was ended without being asked.
 * - `noproc`: it was already gone when somebody looked.
 * - `noconnection`: the way to it is lost.
 * - `threadDied`: the thread that ran it ended under it; `detail` says how, if that is known.
 * - `error`: it threw `error`, which may be any value.
 *
 * Source: exit reasons of Erlang/OTP 25; `threadDied` has no counterpart there.
 */
export type ExitReason =
  | { readonly type: 'normal' }
  | { readonly type: 'shutdown'; readonly detail?: unknown }
  | { readonly type: 'killed' }
  | { readonly type: 'noproc' }
  | { readonly type: 'noconnection' }
  | { readonly type: 'threadDied'; readonly detail?: string }
  | { readonly type: 'error'; readonly error: unknown };

/**
 * Tells whether a `transient` child that ended for this reason is restarted: for every reason but `normal` and
 * `shutdown`, with or without detail.
 *
 * @example
 * isAbnormal({ type: 'killed' }); // => true
 * isAbnormal({ type: 'shutdown', detail: 'deploy' }); // => false
 */
export function isAbnormal(reason: ExitReason): boolean {
  return reason.type !== 'normal' && reason.type !== 'shutdown';
}

const TYPES: readonly string[] = [
  'normal',
  'shutdown',
  'killed',
  'noproc',
  'noconnection',
  'threadDied',
  'error',
] satisfies ExitReason['type'][];

/** Throws `TypeError` for what is no reason. */
export function checkReason(reason: ExitReason, place: string): ExitReason {
  if (TYPES.includes((reason as Partial<ExitReason> | null)?.type as string)) return reason;
  const found = reason instanceof Error ? String(reason) : describeValue(reason);
  throw new TypeError(
    `${place}: expected a reason, as exit.normal, exit.shutdown or exit.error(error), got ${found} (${typeof reason})`,
  );
}

/** The reasons that carry nothing, ready to use: `exit.normal`, `exit.shutdown`, and functions for those that do. */
export const exit: {
  readonly normal: ExitReason;
  readonly shutdown: ExitReason;
  readonly killed: ExitReason;
  readonly noproc: ExitReason;
  readonly noconnection: ExitReason;
  readonly threadDied: ExitReason;
  shutdownWith(detail: unknown): ExitReason;
  threadDiedWith(detail: string): ExitReason;
  error(error: unknown): ExitReason;
} = Object.freeze({
  normal: { type: 'normal' },
  shutdown: { type: 'shutdown' },
  killed: { type: 'killed' },
  noproc: { type: 'noproc' },
  noconnection: { type: 'noconnection' },
  threadDied: { type: 'threadDied' },
  shutdownWith: (detail: unknown): ExitReason => ({ type: 'shutdown', detail }),
  threadDiedWith: (detail: string): ExitReason => ({ type: 'threadDied', detail }),
  error: (error: unknown): ExitReason => ({ type: 'error', error }),
});

/** A reason in a few words, for logs and error messages. */
export function describeReason(reason: ExitReason): string {
  if (reason.type === 'error') return describeValue(reason.error);
  if (reason.type === 'shutdown' && 'detail' in reason) return `shutdown: ${describeValue(reason.detail)}`;
  if (reason.type === 'threadDied' && reason.detail !== undefined) return `threadDied: ${reason.detail}`;
  return reason.type;
}

function describeValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
}
