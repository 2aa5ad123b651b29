/**
 * What runs on the thread of a dedicated actor. What only such a thread needs (`dedicated/run.ts`) is loaded there: a page that declares the actor needn't.
 */
import { task } from '@heddle/core';
import type { Event, Queue, SimpleQueue, Task } from '@heddle/core';
import type { Tally } from '../observability/tally.ts';
import type { DedicatedContext } from './dedicated/context.ts';
import type { Ended, Inward, Outward, VerdictQueues } from './dedicated/packet.ts';

/** A function that may block its thread. */
// oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
export type DedicatedFunction<M, A extends any[]> = (context: DedicatedContext<M>, ...args: A) => unknown;

const functions = new Map<string, DedicatedFunction<never, never[]>>();

/** Remembers a function under its module and name. */
export function registerFunction(key: string, run: DedicatedFunction<never, never[]>): void {
  functions.set(key, run);
}

/** What the thread is given of the way to its cell and back. */
export interface Connection {
  readonly inbox: Queue<Inward>;
  readonly outbox: SimpleQueue<Outward>;
  readonly verdicts: VerdictQueues;
  readonly stopEvent: Event;
  /** Whether messages are handed over one by one, as they are asked for. */
  readonly oneByOne: boolean;
  /** Where it is shown what it has before it, if anybody looks. */
  readonly tally: Tally | undefined;
}

type Run = (module: string, name: string, connection: Connection, args: readonly unknown[]) => Promise<Ended>;

export const dedicatedThread: Task<Run> = task(
  import.meta,
  async function dedicatedThread(module, name, connection, args): Promise<Ended> {
    try {
      const { runDedicated } = await import('./dedicated/run.ts');
      if (!functions.has(`${module}#${name}`)) await import(/* @vite-ignore */ module);
      const run = functions.get(`${module}#${name}`);
      if (run === undefined) {
        throw new TypeError(
          `${module} was imported in a thread and didn't declare the dedicated actor "${name}"`,
        );
      }
      return await runDedicated(run, connection, args);
    } catch (error) {
      return ['threw', error, undefined];
    }
  },
);
