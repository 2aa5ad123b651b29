/** Waiting for the end of an actor of this thread, and asking for it. */
import { TimeoutError } from '@heddle/core';
import type { AsyncWaitOptions } from '@heddle/core';
import { checkReason, exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { checkNames } from '../behavior/names.ts';
import { checkSignal, checkTimeout } from './ask.ts';
import { DEFAULT_SHUTDOWN_MS } from './cell/stop.ts';
import type { Cell } from './cell.ts';
import { LocalRef } from './local-ref.ts';
import { checkRef } from './ref.ts';
import type { ActorRef } from './ref.ts';
import type { Runtime } from './runtime.ts';

/** How an actor is stopped. `timeout` and `signal` end the wait, with an error, and change nothing about the stop. */
export interface StopOptions extends AsyncWaitOptions {
  /** Why. Default: `exit.shutdown`. */
  readonly reason?: ExitReason;
}

const STOP_OPTIONS = ['reason', 'timeout', 'signal'] satisfies (keyof StopOptions)[];

/** Resolves with the reason of its end. `doing` stands in errors. */
export async function whenEnded(
  cell: Cell,
  options: AsyncWaitOptions | undefined,
  doing: string,
  begin?: () => void,
): Promise<ExitReason> {
  const { dispatcher } = cell;
  dispatcher.host.hold();
  let forget = (): void => {};
  try {
    return await new Promise<ExitReason>((resolve, reject) => {
      const { deathWaiters } = cell.bonds;
      deathWaiters.add(resolve);
      const onAbort = (): void => reject(options!.signal!.reason as Error);
      options?.signal?.addEventListener('abort', onAbort, { once: true });
      const timeout = options?.timeout ?? Infinity;
      const timer = dispatcher.after(timeout, () =>
        reject(new TimeoutError(`${doing} ${cell.path}: it hasn't ended within ${timeout} ms`)),
      );
      forget = () => {
        deathWaiters.delete(resolve);
        options?.signal?.removeEventListener('abort', onAbort);
        dispatcher.cancelTimer(timer);
      };
      begin?.();
    });
  } finally {
    forget();
    dispatcher.host.release();
  }
}

/** The cell of an actor of this thread, or the one that stands here for a child on another. */
export function cellHere(runtime: Runtime, ref: ActorRef<never>): Cell | undefined {
  return ref instanceof LocalRef ? ref.cell : runtime.node?.agents.get(ref.id)?.cell;
}

/** Asks an actor to end, waits, and has it killed when its `shutdown` time is over. Source: OTP's `gen_server:stop`. */
export async function stopActor(
  runtime: Runtime,
  ref: ActorRef<never>,
  options: StopOptions = {},
): Promise<ExitReason> {
  checkRef(ref, 'stop');
  checkNames(options, STOP_OPTIONS, `stop ${ref.path}`);
  const reason = checkReason(options.reason ?? exit.shutdown, `stop ${ref.path}`);
  if (options.timeout !== undefined) checkTimeout(options.timeout, `stop ${ref.path}`);
  if (options.signal !== undefined) checkSignal(options.signal, `stop ${ref.path}`);
  const cell = cellHere(runtime, ref);
  if (cell === undefined) {
    // One that belongs to another thread: its owner there has nothing to do with this.
    ref.signal({ kind: 'stop', reason, drain: true, limited: true });
    return ref.whenStopped(options);
  }
  if (!cell.alive) return cell.lastReason;
  const shutdown = cell.options.shutdown ?? DEFAULT_SHUTDOWN_MS;
  return whenEnded(cell, options, 'stop', () => cell.requestStop(shutdown, true, reason));
}
