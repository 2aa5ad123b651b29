/** Dedicated actors for the tests; their module is imported on their threads. */
import { currentThread, sleep } from '@heddle/core';
import type { Semaphore } from '@heddle/core';
import { dedicated } from '../src/index.ts';
import type { ActorRef, DedicatedContext, Reply } from '../src/index.ts';

export type Job =
  | { readonly type: 'add'; readonly n: number }
  | { readonly type: 'sum'; readonly reply: Reply<number> }
  | { readonly type: 'where'; readonly reply: Reply<string> }
  | { readonly type: 'pass'; readonly to: ActorRef<string>; readonly text: string }
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'throw' }
  | { readonly type: 'exit' }
  | { readonly type: 'burn' };

export const blocker = dedicated(
  import.meta,
  function blocker(context: DedicatedContext<Job>, start: number) {
    let sum = start;
    for (const job of context) {
      if (job.type === 'add') sum += job.n;
      else if (job.type === 'sum') job.reply.tell(sum);
      else if (job.type === 'where') job.reply.tell(currentThread().name);
      else if (job.type === 'pass') job.to.tell(`${job.text} (${sum})`);
      else if (job.type === 'sleep') sleep(job.ms);
      else if (job.type === 'throw') throw new RangeError('as told');
      else if (job.type === 'exit') process.exit(7);
      else for (;;);
    }
  },
);

/** Adds up, and eats more memory than its thread may have when told to. */
export const glutton = dedicated(
  import.meta,
  function glutton(context: DedicatedContext<Job | { readonly type: 'eat' }>) {
    let sum = 0;
    for (const job of context) {
      if (job.type === 'add') sum += job.n;
      else if (job.type === 'sum') job.reply.tell(sum);
      else if (job.type === 'eat') {
        const kept: object[] = [];
        for (;;) kept.push({ x: [1, 2, 3] });
      }
    }
  },
  { maxHeapMiB: 32 },
);

/** Each with a bound, or an order, of its own: tells what it takes, and takes the next when it may. */
const gated = function gated(context: DedicatedContext<number>, out: ActorRef<number>, gate: Semaphore) {
  for (const n of context) {
    out.tell(n);
    gate.acquire({ timeout: 60_000 });
  }
};
export const bounded = dedicated(import.meta, gated, { mailbox: { capacity: 3, whenFull: 'dropOld' } });
export const blocking = dedicated(import.meta, gated, { mailbox: { capacity: 1, whenFull: 'block' } });
export const ranked = dedicated(import.meta, gated, { mailbox: { priority: n => n } });
