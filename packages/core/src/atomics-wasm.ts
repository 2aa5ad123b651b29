/**
 * Assembles the few dozen bytes of WebAssembly that do one atomic operation each on a shared memory.
 * V8 calls these twice as fast as it calls `Atomics.*` (10 ns against 20 ns), because it inlines the former and not the latter.
 */

import { OBJECT } from './memory/layout.ts';

const I32 = 0x7f;
const NO_RESULT = 0x40;
const IF = 0x04;
const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22;
const I32_STORE = 0x36;
const I32_CONST = 0x41;
const I32_EQZ = 0x45;
const I32_SHL = 0x74;
const END = 0x0b;
const ATOMIC_PREFIX = 0xfe;
const COMPARE_EXCHANGE = 0x48;
/** Natural alignment of an i32 (2 ** 2) and no offset. */
const MEMARG = [0x02, 0x00];

/** Opcode behind the atomic prefix, number of parameters (the first is always the word index), and whether it returns a value. */
const OPERATIONS = [
  { name: 'load', opcode: 0x10, parameters: 1, returns: true },
  { name: 'store', opcode: 0x17, parameters: 2, returns: false },
  { name: 'add', opcode: 0x1e, parameters: 2, returns: true },
  { name: 'and', opcode: 0x2c, parameters: 2, returns: true },
  { name: 'or', opcode: 0x33, parameters: 2, returns: true },
  { name: 'exchange', opcode: 0x41, parameters: 2, returns: true },
  { name: 'compareExchange', opcode: COMPARE_EXCHANGE, parameters: 3, returns: true },
] as const;

/** The exported functions; each takes the index of an i32 word, as `Atomics` does with an `Int32Array`. */
export interface WasmAtomics {
  load(word: number): number;
  store(word: number, value: number): void;
  add(word: number, delta: number): number;
  and(word: number, mask: number): number;
  or(word: number, mask: number): number;
  exchange(word: number, value: number): number;
  compareExchange(word: number, expected: number, replacement: number): number;
  /** Makes a lock's word 1 if it is 0, and if so, notes who took it, by a plain store; returns the word before. In one call, since a call costs more than the store. */
  take(lock: number, taker: number): number;
  /** Makes a lock's word 0 if it is 1; returns the word before. */
  give(lock: number): number;
}

function sized(bytes: number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  const out: number[] = [];
  do {
    const rest = value >>> 7;
    out.push((value & 0x7f) | (rest === 0 ? 0 : 0x80));
    value = rest;
  } while (value !== 0);
  return out;
}

function text(value: string): number[] {
  return sized([...value].map(char => char.charCodeAt(0)));
}

function section(id: number, items: number[][]): number[] {
  return [id, ...sized([...leb(items.length), ...items.flat()])];
}

/** The body of `take`: a local holds the word before. */
function takeBody(): number[] {
  const before = 2;
  return sized([
    ...[0x01, 0x01, I32],
    ...[LOCAL_GET, 0, I32_CONST, 2, I32_SHL, LOCAL_TEE, 0],
    ...[I32_CONST, 0, I32_CONST, 1, ATOMIC_PREFIX, COMPARE_EXCHANGE, ...MEMARG, LOCAL_TEE, before],
    ...[I32_EQZ, IF, NO_RESULT, LOCAL_GET, 0, LOCAL_GET, 1, I32_STORE, 0x02, ...leb(OBJECT.owner * 4), END],
    ...[LOCAL_GET, before, END],
  ]);
}

function giveBody(): number[] {
  return sized([
    ...[0x00, LOCAL_GET, 0, I32_CONST, 2, I32_SHL],
    ...[I32_CONST, 1, I32_CONST, 0, ATOMIC_PREFIX, COMPARE_EXCHANGE, ...MEMARG, END],
  ]);
}

/** Builds the module: one type, one function and one export for each operation and for `take` and `give`, and the imported shared memory `m.m`. */
function assemble(): Uint8Array<ArrayBuffer> {
  const types = OPERATIONS.map(op => [
    0x60,
    ...sized(Array<number>(op.parameters).fill(I32)),
    ...(op.returns ? [1, I32] : [0]),
  ]);
  types.push([0x60, ...sized([I32, I32]), 1, I32], [0x60, ...sized([I32]), 1, I32]);
  const memory = [...text('m'), ...text('m'), 0x02, 0x03, ...leb(1), ...leb(65536)];
  const bodies = OPERATIONS.map(op => {
    const rest = Array.from({ length: op.parameters - 1 }, (_, index) => [LOCAL_GET, index + 1]).flat();
    return sized([
      0x00,
      LOCAL_GET,
      0,
      I32_CONST,
      2,
      I32_SHL,
      ...rest,
      ATOMIC_PREFIX,
      op.opcode,
      ...MEMARG,
      END,
    ]);
  });
  bodies.push(takeBody(), giveBody());
  const names = [...OPERATIONS.map(op => op.name), 'take', 'give'];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      names.map((_, index) => leb(index)),
    ),
    ...section(
      7,
      names.map((name, index) => [...text(name), 0x00, ...leb(index)]),
    ),
    ...section(10, bodies),
  ]);
}

/** Binds the operations to a memory. Throws where WebAssembly may not be compiled (a strict content security policy). */
export function instantiate(memory: WebAssembly.Memory): WasmAtomics {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { m: { m: memory } });
  return instance.exports as unknown as WasmAtomics;
}
