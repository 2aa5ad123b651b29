/**
 * A worker that stops for ever just before its n-th change of shared memory, plain or atomic, of one operation. Loaded before anything of Heddle:
 * it replaces what Heddle writes with. The test then kills it there.
 */
import { parentPort, workerData } from 'node:worker_threads';

const { memory, packed, operation, step, module } = workerData;
const RealInt32Array = Int32Array;
const realAtomics = {
  ...Object.fromEntries(Object.getOwnPropertyNames(Atomics).map(name => [name, Atomics[name]])),
};
const realOf = new WeakMap();
let armed = false;
let steps = 0;
let agent = 0;

function beforeChange() {
  if (!armed) return;
  steps += 1;
  if (steps !== step) return;
  parentPort.postMessage({ agent, frozen: true });
  realAtomics.wait(new RealInt32Array(new SharedArrayBuffer(4)), 0, 0);
}

globalThis[Symbol.for('heddle.slab')] = memory;
globalThis[Symbol.for('heddle.plainAtomics')] = true;
globalThis.Int32Array = new Proxy(RealInt32Array, {
  construct(target, args) {
    const real = new target(...args);
    if (!(args[0] instanceof SharedArrayBuffer) || args[0].byteLength < 65_536) return real;
    const watched = new Proxy(real, {
      set(array, key, value) {
        beforeChange();
        array[key] = value;
        return true;
      },
      get(array, key) {
        const value = array[key];
        return typeof value === 'function' ? value.bind(array) : value;
      },
    });
    realOf.set(watched, real);
    return watched;
  },
});
for (const name of [
  'load',
  'store',
  'add',
  'and',
  'or',
  'exchange',
  'compareExchange',
  'wait',
  'waitAsync',
  'notify',
]) {
  Atomics[name] = (array, ...rest) => {
    if (name !== 'load' && name !== 'wait' && name !== 'waitAsync') beforeChange();
    return realAtomics[name](realOf.get(array) ?? array, ...rest);
  };
}

// Before: it must not be missed while modules load.
const told = new Promise(resolve => parentPort.once('message', resolve));
const { AtomicFlag, unpack } = await import('../../src/index.ts');
const { selfAgent } = await import('../../src/parking/guard.ts');
const { operations } = await import(module);
agent = selfAgent;
const objects = unpack(packed);
const operate = operations[operation].act;
parentPort.postMessage('loaded');
await told;
operations[operation].before?.(objects);
// Fills this thread's private list of blocks: what the operation allocates comes from there, in a step or two.
const filler = new AtomicFlag();
armed = true;
try {
  await operate(objects);
} catch (error) {
  if (error.name !== 'BrokenBarrierError') throw error;
}
armed = false;
filler.dispose();
parentPort.postMessage({ agent, steps, frozen: false });
realAtomics.wait(new RealInt32Array(new SharedArrayBuffer(4)), 0, 0);
