/**
 * What all threads of a runtime know about each other, in shared memory: who is alive (`alive.ts`), who waits for a worker and which workers are idle
 * (`placement.ts`). All of it is a few words changed under the registry's guard; the lists stay right at every single store, and after a death in the middle the
 * rest is made anew from them, here.
 */
import { compareExchange, i32, load, store } from '../atomics.ts';
import { AGENT, REGISTRY, THREAD, THREAD_FLAG } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { onDeath, onRegistryLeft } from '../parking/reaper.ts';
import { wakeAgent } from '../parking/wake.ts';
import { finishStart } from './placement.ts';
import { hasFlag, setFlag } from './record.ts';

/** What the layer above wants to know of threads that work for it; set by `executor/obituary.ts`. */
export const employers: {
  /** A thread with an employer has ended; its outcome has been written. Harmless twice. */
  mourn(record: number): void;
  /** The supervisor was woken. */
  look(): void;
  /** How many employers hold the program open. Under the registry's guard. */
  holding(): number;
} = { mourn() {}, look() {}, holding: () => 0 };

/** A thread died while it changed the registry: finds out from the lists what the other words must be. Under the guard. */
function repairRegistry(dead: number): void {
  let alive = 0;
  let nonDaemon = 0;
  let previous = 0;
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    i32[record + THREAD.previous] = previous;
    setFlag(record, THREAD_FLAG.listed, true);
    alive += 1;
    if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) nonDaemon += 1;
    previous = record;
  }
  i32[REGISTRY.alive] = alive;
  store(REGISTRY.nonDaemon, nonDaemon + employers.holding());
  let pending = 0;
  let last = 0;
  for (let record = i32[REGISTRY.pendingFirst]!; record !== 0; record = i32[record + THREAD.pendingNext]!) {
    ensureMapped(record);
    pending += 1;
    last = record;
  }
  i32[REGISTRY.pending] = pending;
  i32[REGISTRY.pendingLast] = last;
  let idle = 0;
  for (let agent = i32[REGISTRY.idleFirst]!; agent !== 0; agent = i32[agent + AGENT.idleNext]!) idle += 1;
  i32[REGISTRY.idle] = idle;
  finishStart(dead, true);
}

onRegistryLeft(repairRegistry);
onDeath(dead => finishStart(dead, false));

/** Wakes the supervisor, if it has come up; if not, it looks by itself when it has. */
export function wakeSupervisor(): void {
  const supervisor = load(REGISTRY.supervisor);
  if (supervisor > 0) wakeAgent(supervisor);
}

/** Makes this thread the one that starts the supervisor; false if another has. */
export function claimSupervisor(): boolean {
  return compareExchange(REGISTRY.supervisor, 0, -1) === 0;
}
