/**
 * What a worker in a browser does so that its window hears of its end: it holds a Web Lock for life, and tells of errors that nobody caught,
 * which end a thread in Node and would go unnoticed in a browser.
 */
import { storeMessage } from '../memory/message.ts';
import { withoutUnshareables } from './except-hook.ts';
import type { Told } from './host-web.ts';

/** Resolves when the lock is held: from then on the window can tell whether this worker lives. */
export function liveInWindow(life: string): Promise<void> {
  addEventListener('error', event => {
    event.preventDefault();
    tellOfUncaught(event.error ?? new Error(event.message));
  });
  addEventListener('unhandledrejection', event => {
    event.preventDefault();
    tellOfUncaught(event.reason);
  });
  return new Promise((resolve, reject) => {
    const request = navigator.locks.request(life, () => {
      tell({ heddle: 'up' });
      resolve();
      return new Promise<never>(() => {});
    });
    request.catch(reject);
  });
}

function tellOfUncaught(error: unknown): void {
  let message: number;
  try {
    message = storeMessage(error, 'error');
  } catch {
    message = storeMessage(withoutUnshareables(error), 'error');
  }
  tell({ heddle: 'uncaught', message });
}

function tell(told: Told): void {
  (globalThis as unknown as { postMessage(message: Told): void }).postMessage(told);
}
