/** Calls of `wrap` that come to actors which are no objects, and would never be answered. */
import type { Cell } from './cell.ts';

/** The error of a message that is a call, if the actor takes none. */
export function callRefused(cell: Cell, message: unknown): TypeError | undefined {
  if (cell.actor.takesCalls === true) return undefined;
  const { type, request } = message as { type?: unknown; request?: unknown };
  if (type !== 'comlink' || request === undefined) return undefined;
  return new TypeError(
    `wrap ${cell.path}: the actor "${cell.actor.name}" is no object: declare it with objectActor, or use tell and ask`,
  );
}
