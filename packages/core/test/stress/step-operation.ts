/** What an operation is in whose middle a thread dies, and how to see what became of those who waited. */
import { BrokenBarrierError } from '../../src/index.ts';
import { waitingAt } from '../support/state.ts';
import { demand } from './scenario.ts';

/** One operation; `O` are the objects that it works on. */
export interface Operation<O = never> {
  /** In the main thread: makes the objects, and lets others wait for them. */
  prepare(): O | Promise<O>;
  /** In the victim, before it can be killed. */
  before?(objects: O): void;
  /** In the victim: what it is killed in. */
  act(objects: O): void | Promise<void>;
  /** In the main thread, when the dead victim is buried: makes use of the objects, and throws if something is wrong with them. */
  survive(objects: O): Promise<void>;
}

/** The promises that wait for an operation's objects. */
export const waits = new WeakMap<object, Array<Promise<unknown>>>();
export const LONG = { timeout: 10_000 };

export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    value => value,
    (error: unknown) => (error instanceof BrokenBarrierError ? 'broken' : error),
  );
}

export async function outcomes(objects: object): Promise<unknown[]> {
  return Promise.all(waits.get(objects)!);
}

export function expectLines(...objects: object[]): void {
  for (const object of objects)
    demand(waitingAt(object) === 0, `somebody is left in the line of the ${object.constructor.name}`);
}

/** How many of the promises have settled by the time that everything woken has run. */
export async function settledNow(objects: object): Promise<number> {
  const pending = Symbol('pending');
  await new Promise(resolve => setTimeout(resolve, 30));
  const states = await Promise.all(
    waits.get(objects)!.map(each => Promise.race([each, Promise.resolve(pending)])),
  );
  return states.filter(state => state !== pending).length;
}
