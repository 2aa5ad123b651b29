/**
 * The platform as it was before the explorer put its own in place. Must be loaded first: the explorer's own hand-over runs on these.
 */
const atomics = Atomics as typeof Atomics & { pause?: (iterations?: number) => void };

export const add: typeof Atomics.add = atomics.add;
export const and: typeof Atomics.and = atomics.and;
export const compareExchange: typeof Atomics.compareExchange = atomics.compareExchange;
export const exchange: typeof Atomics.exchange = atomics.exchange;
export const load: typeof Atomics.load = atomics.load;
export const notify: typeof Atomics.notify = atomics.notify;
export const or: typeof Atomics.or = atomics.or;
export const pause: ((iterations?: number) => void) | undefined = atomics.pause;
export const store: typeof Atomics.store = atomics.store;
export const sub: typeof Atomics.sub = atomics.sub;
export const wait: typeof Atomics.wait = atomics.wait;
export const waitAsync: typeof Atomics.waitAsync = atomics.waitAsync;
export const xor: typeof Atomics.xor = atomics.xor;

export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
