/** Messages that say what to call, stored once for each function: tasks are few and submitted often. */
import { storeMessage } from '../memory/message.ts';
import { addressOf, isTask } from '../thread/target.ts';

const LIMIT = 1000;
const byFunction = new WeakMap<object, number>();
const byAddress = new Map<string, number>();
/** Inline functions, by their source: `submit(() => …)` in a loop makes a new function each time, whose source is the same. */
const bySource = new Map<string, { readonly name: string; readonly message: number }>();
const sourceOf = Function.prototype.toString as (this: unknown) => string;

/** A stored target. One that isn't kept for others belongs to the task that it was stored for. */
export interface StoredTarget {
  message: number;
  owned: boolean;
}

const stored: StoredTarget = { message: 0, owned: false };

/** Stores the address of what is to be called. Throws `TypeError` or `NotShareableError` for what no other thread could run. The result is reused by the next call. */
export function storeTarget(target: unknown, place: string): StoredTarget {
  const known = typeof target === 'function' ? byFunction.get(target) : undefined;
  if (known !== undefined) {
    stored.message = known;
    stored.owned = false;
    return stored;
  }
  // Not for a task, which may read what is around it in its module.
  const source = typeof target === 'function' && !isTask(target) ? sourceOf.call(target) : undefined;
  const alike = source === undefined ? undefined : bySource.get(source);
  if (alike !== undefined && alike.name === (target as { name?: unknown }).name) {
    stored.message = alike.message;
    stored.owned = false;
    return stored;
  }
  const address = addressOf(target, place);
  const key = address.join('\n');
  let message = byAddress.get(key);
  stored.owned = false;
  if (message === undefined) {
    message = storeMessage(address, 'target');
    if (byAddress.size < LIMIT) byAddress.set(key, message);
    else stored.owned = true;
  }
  if (typeof target === 'function' && !stored.owned) {
    byFunction.set(target, message);
    if (address[0] === 'inline') bySource.set(address[1], { name: address[2], message });
  }
  stored.message = message;
  return stored;
}
