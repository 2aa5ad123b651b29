/** Storages whose bindings go along into threads, and what the tests run there. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Lock, Thread, shareContext, sleepAsync, task } from '../../src/index.ts';

export const request: AsyncLocalStorage<unknown> = shareContext('request', new AsyncLocalStorage<unknown>());
export const user: AsyncLocalStorage<string> = shareContext('user', new AsyncLocalStorage<string>());
/** Nobody has given it a name. */
export const secret: AsyncLocalStorage<string> = new AsyncLocalStorage<string>();

export const look = task(import.meta, function look(): unknown[] {
  return [request.getStore(), user.getStore(), secret.getStore()];
});

/** Looks again after it has waited. */
export const lookLater = task(import.meta, async function lookLater(): Promise<unknown[]> {
  await sleepAsync(5);
  return look();
});

/** What a thread sees that this thread starts. */
export const lookFurther = task(import.meta, async function lookFurther(): Promise<unknown[]> {
  return new Thread(look).start().resultAsync({ timeout: 20_000 });
});

export const tryLock = task(import.meta, function tryLock(): boolean {
  return (request.getStore() as { lock: Lock }).lock.tryAcquire();
});

/** How deep it can call itself. */
export const depth = task(import.meta, function depth(): number {
  let deepest = 0;
  const dive = (level: number): void => {
    deepest = level;
    dive(level + 1);
  };
  try {
    dive(1);
  } catch {
    // The stack is full.
  }
  return deepest;
});
