/** Threads in whose start another thread dies: they must run, or never have been started. */
import { AtomicCounter, SimpleQueue, Thread, task } from '../../src/index.ts';
import { i32, load } from '../../src/atomics.ts';
import { AGENT, REGISTRY, THREAD } from '../../src/memory/layout.ts';
import { agents } from '../../src/memory/agent.ts';
import { lockGuard, unlockGuard } from '../../src/parking/guard.ts';
import { wakeSupervisor } from '../../src/thread/registry.ts';
import { demand } from './scenario.ts';
import { LONG, type Operation } from './step-operation.ts';

interface Starting {
  readonly counter: AtomicCounter;
  readonly handles: SimpleQueue<Thread>;
}

export const count = task(import.meta, function count(counter: AtomicCounter): void {
  counter.increment();
});

let prepared: Thread | undefined;

/** What the registry counts, beside what there is. */
function registry(): { counted: number[]; found: number[] } {
  lockGuard(REGISTRY.guard);
  let alive = 0;
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) alive += 1;
  let pending = 0;
  for (let record = i32[REGISTRY.pendingFirst]!; record !== 0; record = i32[record + THREAD.pendingNext]!)
    pending += 1;
  let idle = 0;
  let busyIdle = 0;
  for (let agent = i32[REGISTRY.idleFirst]!; agent !== 0; agent = i32[agent + AGENT.idleNext]!) {
    idle += 1;
    if (load(agent + AGENT.mailbox) !== 0) busyIdle += 1;
  }
  const counted = [i32[REGISTRY.alive]!, i32[REGISTRY.pending]!, i32[REGISTRY.idle]!, 0];
  unlockGuard(REGISTRY.guard);
  return { counted, found: [alive, pending, idle, busyIdle] };
}

function starting(isolated: boolean): Operation<Starting> {
  return {
    prepare: () => ({ counter: new AtomicCounter(), handles: new SimpleQueue<Thread>() }),
    before({ counter, handles }) {
      prepared = new Thread(count, { args: [counter], isolated });
      handles.put(prepared);
    },
    act() {
      prepared!.start();
    },
    async survive({ counter, handles }) {
      const thread = handles.get(LONG);
      wakeSupervisor();
      if (thread.alive || counter.value > 0) {
        demand(await thread.joinAsync(LONG), 'a started thread never ends');
        demand(counter.value === 1, `it ran ${counter.value} times`);
      }
      demand(!thread.alive, 'it is alive');
      const { counted, found } = registry();
      demand(counted.join() === found.join(), `counted ${counted.join()}, found ${found.join()}`);
      demand(
        [...agents()].every(agent => load(agent + AGENT.starting) === 0),
        'a crumb is left',
      );
    },
  };
}

export const threadStart: Operation<Starting> = starting(false);
export const isolatedThreadStart: Operation<Starting> = starting(true);
