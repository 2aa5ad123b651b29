/** Types: a SharedPort is an endpoint of comlink's, and `Remote` sees shareables as what they are. Checked by `tsc`, never run. */
import type * as comlink from 'comlink';
import { expectTypeOf } from 'vitest';
import type { Event, Lock, Queue, Thread } from '../index.ts';
import { type Endpoint, type Remote, SharedChannel, type SharedPort, expose, proxy, wrap } from './index.ts';

declare const thread: Thread;
declare const lock: Lock;

interface Service {
  add(a: number, b: number): number;
  take(lock: Lock, at: { deep: [Queue<string>] }): Promise<Event>;
  list(): Queue<number>[];
  readonly size: number;
  on(listener: (value: string) => void): void;
}

const { port1, port2 } = new SharedChannel();
expectTypeOf(port1).toEqualTypeOf<SharedPort>();
expectTypeOf(port1).toExtend<Endpoint>();
expectTypeOf(port1).toExtend<comlink.Endpoint>();
expectTypeOf(port1.watch(thread)).toEqualTypeOf<SharedPort>();
expectTypeOf(port2.closed).toEqualTypeOf<Promise<void>>();

const remote = wrap<Service>(port1);
expectTypeOf(remote).toEqualTypeOf<Remote<Service>>();
expectTypeOf(remote.add(1, 2)).toEqualTypeOf<Promise<number>>();
expectTypeOf(remote.size).toEqualTypeOf<Promise<number>>();
expectTypeOf(remote.list()).toEqualTypeOf<Promise<Queue<number>[]>>();
expectTypeOf(remote.take).returns.toEqualTypeOf<Promise<Event>>();
expectTypeOf(remote.take).parameter(0).toEqualTypeOf<Lock>();
void remote.on(proxy((value: string) => void value));

// @ts-expect-error a number is no lock
void remote.take(1, { deep: [] });
// @ts-expect-error two numbers
void remote.add(lock, 2);
// @ts-expect-error ports come from a channel
port1.watch(lock);

expose({} as Service, port2);
