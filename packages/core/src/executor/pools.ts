/** The list of all pools of the runtime, for the supervisor, and which of them hold the program open. The list doesn't keep a pool. */
import { hot, i32 } from '../atomics.ts';
import { OBJECT, REGISTRY } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { openRest } from '../thread/life.ts';
import { employers } from '../thread/registry.ts';
import { POOL } from './layout.ts';

const { add, compareExchange, load } = hot;

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

/**
 * While a pool has tasks it counts like one non-daemon thread. Both under the pool's guard and, so that a death in between can be made good by counting anew
 * (`repairRegistry`), under the registry's.
 */
export function holdProgram(pool: number): void {
  lockGuard(REGISTRY.guard);
  i32[pool + POOL.holds] = 1;
  add(REGISTRY.nonDaemon, 1);
  unlockGuard(REGISTRY.guard);
}

export function letProgramGo(pool: number): void {
  lockGuard(REGISTRY.guard);
  i32[pool + POOL.holds] = 0;
  add(REGISTRY.nonDaemon, -1);
  unlockGuard(REGISTRY.guard);
  openRest();
}

employers.holding = () => {
  let holding = 0;
  for (let pool = i32[REGISTRY.pools]!; pool !== 0; pool = i32[pool + POOL.next]!) {
    ensureMapped(pool);
    holding += i32[pool + POOL.holds]!;
  }
  return holding;
};

/** One whose last reference went is on its way out of the list. */
function retainLiving(pool: number): boolean {
  for (;;) {
    const seen = load(pool + OBJECT.references);
    if (seen <= 0) return false;
    if (compareExchange(pool + OBJECT.references, seen, seen + 1) === seen) return true;
  }
}
