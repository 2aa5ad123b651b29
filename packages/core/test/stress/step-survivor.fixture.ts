/** The living: who waits for the objects in whose middle the victim dies, and who buries it. Never the thread that kills: that must not touch a guard. */
import { BroadcastChannel } from 'node:worker_threads';
import { type AtomicCounter, type Event, type Semaphore, pack, task } from '../../src/index.ts';
import { load } from '../../src/atomics.ts';
import { OBJECT } from '../../src/memory/layout.ts';
import { reap } from '../../src/parking/reaper.ts';
import { pointerOf } from '../support/state.ts';
import { demand } from './scenario.ts';
import type { Operation } from './step-operation.ts';
import { operations } from './step-operations.fixture.ts';

/** Buries the dead on behalf of the tests, in a thread of its own as the supervisor does. */
export const buryAgents = task(
  import.meta,
  function buryAgents(agent: AtomicCounter, go: Semaphore, stop: Event): void {
    for (;;) {
      go.acquire();
      if (stop.isSet) return;
      reap(agent.value);
      agent.value = 0;
    }
  },
);

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
            demand(load(pointerOf(object) + OBJECT.guard) === 0, 'a guard is still held');
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
