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
/** What `stored` was stored for, if it was a task: as a rule the next one is the same. No other function, which may hold on to much that nobody else needs. */
let storedFor: unknown;

/** Stores the address of what is to be called. Throws `TypeError` or `NotShareableError` for what no other thread could run. The result is reused by the next call. */
export function storeTarget(target: unknown, place: string): StoredTarget {
  if (target === storedFor && target !== undefined) return stored;
  storedFor = undefined;
  stored.owned = false;
  const known = typeof target === 'function' ? findFunction(target) : findExport(target);
  if (known !== undefined) {
    stored.message = known;
    if (typeof target === 'function' && isTask(target)) storedFor = target;
    return stored;
  }
  const address = addressOf(target, place);
  const key = address.join('\n');
  const found = byAddress.get(key);
  stored.message = found ?? storeMessage(address, 'target');
  if (found === undefined) {
    if (byAddress.size < LIMIT) byAddress.set(key, stored.message);
    else stored.owned = true;
  }
  if (typeof target === 'function' && !stored.owned) {
    byFunction.set(target, stored.message);
    if (address[0] === 'inline') bySource.set(address[1], { name: address[2], message: stored.message });
  }
  return stored;
}

function findFunction(target: object & { readonly name?: unknown }): number | undefined {
  const same = byFunction.get(target);
  // Not for a task, which may read what is around it in its module.
  if (same !== undefined || isTask(target)) return same;
  const alike = bySource.get(sourceOf.call(target));
  return alike?.name === target.name ? alike?.message : undefined;
}

/** Finds `{ module, export }` before it is known whether it is a right one: none but right ones are stored. */
function findExport(target: unknown): number | undefined {
  if (typeof target !== 'object' || target === null || !('module' in target)) return undefined;
  const { module, export: name = 'default' } = target as { module: unknown; export?: unknown };
  if (typeof name !== 'string' || !(typeof module === 'string' || module instanceof URL)) return undefined;
  return byAddress.get(`export\n${String(module)}\n${name}`);
}
