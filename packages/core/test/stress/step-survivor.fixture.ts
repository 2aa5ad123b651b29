/** The living: who waits for the objects in whose middle the victim dies, and who buries it. Never the thread that kills: that must not touch a guard. */
import { BroadcastChannel } from 'node:worker_threads';
import { type AtomicCounter, type Event, type Semaphore, pack, task } from '../../src/index.ts';
import { i32, load } from '../../src/atomics.ts';
import { AGENT, OBJECT, OUTCOME, THREAD } from '../../src/memory/layout.ts';
import { onStuck } from '../../src/parking/guard.ts';
import { reap, takeOverGuards } from '../../src/parking/reaper.ts';
import { conclude } from '../../src/thread/ending.ts';
import { finish } from '../../src/thread/life.ts';
import { pointerOf } from '../support/state.ts';
import { demand } from './scenario.ts';
import type { Operation } from './step-operation.ts';
import { operations } from './step-operations.fixture.ts';

/** Buries the dead on behalf of the tests, in a thread of its own as the supervisor does. */
export const buryAgents = task(
  import.meta,
  function buryAgents(agent: AtomicCounter, go: Semaphore, stop: Event): void {
    // Before it comes to its grave it may need a guard that the dead one holds: whoever slept for long takes his name off the board when he wakes,
    // which is under the registry's.
    onStuck(() => {
      if (agent.value !== 0) takeOverGuards(agent.value);
    });
    for (;;) {
      go.acquire();
      if (stop.isSet) return;
      bury(agent.value);
      agent.value = 0;
    }
  },
);

/** As the supervisor does: the agent, and then the thread that ran there, if it was anybody's worker. */
function bury(agent: number): void {
  const record = i32[agent + AGENT.thread]!;
  reap(agent);
  if (record === 0 || i32[record + THREAD.employer] === 0) return;
  conclude(record, OUTCOME.died, { reason: 'it was killed' });
  finish(record, 0);
}

/** A guard may be held by the living, for a moment. */
function isFreed(guard: number): boolean {
  for (const end = performance.now() + 5000; performance.now() < end;) if (load(guard) === 0) return true;
  return false;
}

/** What the killer and the survivor tell each other. */
export type Message =
  | { readonly to: 'killer'; readonly of: string; readonly packed: Uint8Array; readonly step: number }
  | { readonly to: 'survivor'; readonly of: string; readonly frozen: boolean };

/** Goes through an operation step by step; returns how many there were. */
export const surviveEveryStep = task(
  import.meta,
  async function surviveEveryStep(name: string): Promise<number> {
    const operation = operations[name] as unknown as Operation<object>;
    const channel = new BroadcastChannel('every step');
    try {
      for (let step = 1; ; step++) {
        const objects = await operation.prepare();
        const buried = new Promise<boolean>(resolve => {
          channel.onmessage = event => {
            const message = (event as { data: Message }).data;
            if (message.to === 'survivor' && message.of === name) resolve(message.frozen);
          };
        });
        channel.postMessage({ to: 'killer', of: name, packed: pack(objects), step } satisfies Message);
        const frozen = await buried;
        try {
          for (const object of Object.values(objects) as object[]) {
            const pointer = pointerOf(object);
            // A future's handle doesn't tell where its block is.
            if (Number.isInteger(pointer)) demand(isFreed(pointer + OBJECT.guard), 'a guard is still held');
          }
          await operation.survive(objects);
        } catch (error) {
          const where = frozen ? `killed before change ${step}` : `killed after all ${step - 1} changes`;
          throw new Error(`${name}, ${where}: ${String(error)}`, { cause: error });
        }
        if (!frozen) return step - 1;
      }
    } finally {
      channel.close();
    }
  },
);
