/** Waiting for the end of an actor on another thread: the guardian of this thread watches it. */
import { TimeoutError } from '@heddle/core';
import type { AsyncWaitOptions } from '@heddle/core';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import type { ActorRef } from '../ref.ts';

export function whenRemoteStopped(
  guardian: Cell,
  ref: ActorRef<never>,
  options: AsyncWaitOptions | undefined,
): Promise<ExitReason> {
  const { dispatcher } = guardian;
  const { host } = dispatcher;
  const from = guardian.ref as ActorRef<never>;
  const watch = guardian.runtime.nextId();
  const { watching } = guardian.bonds;
  host.hold();
  return new Promise<ExitReason>((resolve, reject) => {
    const signal = options?.signal;
    const forget = (): void => {
      host.release();
      watching.delete(watch);
      dispatcher.cancelTimer(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (error: unknown): void => {
      forget();
      ref.signal({ kind: 'unwatch', from, watch });
      reject(error as Error);
    };
    const onAbort = (): void => giveUp(signal!.reason);
    const timeout = options?.timeout ?? Infinity;
    const timer = dispatcher.after(timeout, () =>
      giveUp(new TimeoutError(`whenStopped ${ref.path}: it hasn't ended within ${timeout} ms`)),
    );
    const callback = (reason: ExitReason): void => {
      forget();
      resolve(reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    watching.set(watch, { target: ref, hasMessage: false, message: undefined, callback });
    ref.signal({ kind: 'watch', from, watch });
  });
}
