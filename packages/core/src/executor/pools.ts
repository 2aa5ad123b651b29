/** The list of all pools of the runtime, for the supervisor. The list doesn't keep a pool. */
import { hot, i32 } from '../atomics.ts';
import { OBJECT, REGISTRY } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { POOL } from './layout.ts';

const { compareExchange, load } = hot;

export function listPool(pool: number): void {
  lockGuard(REGISTRY.guard);
  i32[pool + POOL.next] = i32[REGISTRY.pools]!;
  i32[REGISTRY.pools] = pool;
  unlockGuard(REGISTRY.guard);
}

/** Takes a pool out whose last reference went. */
export function delistPool(pool: number): void {
  lockGuard(REGISTRY.guard);
  let link: number = REGISTRY.pools;
  for (let each = i32[link]!; each !== 0 && each !== pool; each = i32[link]!) {
    ensureMapped(each);
    link = each + POOL.next;
  }
  if (i32[link] === pool) i32[link] = i32[pool + POOL.next]!;
  unlockGuard(REGISTRY.guard);
}

/** Pointers of all pools, each with a reference added for the caller. */
export function allPools(): number[] {
  const pools: number[] = [];
  lockGuard(REGISTRY.guard);
  for (let pool = i32[REGISTRY.pools]!; pool !== 0; pool = i32[pool + POOL.next]!) {
    ensureMapped(pool);
    if (retainLiving(pool)) pools.push(pool);
  }
  unlockGuard(REGISTRY.guard);
  return pools;
}

/** One whose last reference went is on its way out of the list. */
function retainLiving(pool: number): boolean {
  for (;;) {
    const seen = load(pool + OBJECT.references);
    if (seen <= 0) return false;
    if (compareExchange(pool + OBJECT.references, seen, seen + 1) === seen) return true;
  }
}
