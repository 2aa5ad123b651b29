/**
 * For workers that you start yourself: `runtimeHandle()` in a thread that uses Heddle, `attach()` in the worker, and then shared objects travel as
 * bytes (`pack`, `unpack`) through your own `postMessage`. In threads that Heddle starts none of this is needed.
 */
import { encode, decode, scratch } from './codec/index.ts';
import { i32, load } from './atomics.ts';
import { RESERVED } from './memory/agent.ts';
import { AGENT, REGISTRY } from './memory/layout.ts';
import { attachSlab, slab } from './memory/slab.ts';
import { selfAgent } from './parking/guard.ts';
import { nativeThreadId } from './thread/host.ts';
import { ensureSupervisor } from './thread/root.ts';

/** What a foreign worker needs to join this runtime; any `postMessage` or `workerData` carries it. */
export interface RuntimeHandle {
  readonly memory: WebAssembly.Memory;
}

/** Returns this runtime's handle, for `attach()` in a worker that you started. Never blocks. */
export function runtimeHandle(): RuntimeHandle {
  const memory = slab();
  ensureSupervisor();
  return { memory };
}

/**
 * Joins the runtime that `handle` came from; from then on shared objects that arrive here are the same as there. Call it before this
 * worker creates any shared object itself, otherwise it throws `ThreadStateError`. Doing it twice does nothing.
 *
 * Nobody tells Heddle of the death of a worker that it didn't start. On Linux it is noticed within half a second; elsewhere let the worker end only when it
 * waits for nothing and holds nothing.
 */
export function attach(handle: RuntimeHandle): void {
  if (typeof handle !== 'object' || handle === null || !('memory' in handle)) {
    throw new TypeError('attach: expected what runtimeHandle() returned in another thread');
  }
  attachSlab(handle.memory);
  if (isHeddleThread()) return;
  i32[selfAgent + AGENT.nativeId] = nativeThreadId();
  i32[selfAgent + AGENT.foreign] = 1;
}

function isHeddleThread(): boolean {
  return selfAgent === load(REGISTRY.rootAgent) || RESERVED in globalThis;
}

/**
 * Encodes any value that can travel between threads, shared objects included, into bytes for your own transport. Each result must be unpacked exactly
 * once: it holds references to the shared objects in it. Throws `NotShareableError` naming the path to what can't travel.
 */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  const length = encode(value, 'value');
  return scratch.u8.slice(0, length) as Uint8Array<ArrayBuffer>;
}

/** Decodes what `pack` returned, in any thread of the same runtime. Throws `TypeError` for what it didn't return, as far as that shows. */
export function unpack(packed: Uint8Array): unknown {
  const given: unknown = packed;
  if (!(given instanceof Uint8Array)) {
    throw new TypeError(
      `unpack: expected the bytes that pack() returned, got ${Array.isArray(given) ? 'an array' : `${String(given)} (${typeof given})`}`,
    );
  }
  if (packed.length === 0 || packed.length % 8 !== 0)
    throw new TypeError(`unpack: these ${packed.length} bytes aren't what pack() returned`);
  slab();
  const bytes = new Uint8Array(packed);
  return decode(bytes, new Int32Array(bytes.buffer), new Float64Array(bytes.buffer), 0, bytes.length);
}
