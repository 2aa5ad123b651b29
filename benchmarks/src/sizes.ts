/** What a message costs by its size: bytes copied through a `Queue`, and by `postMessage`. */
import { copyThrough, structuredClone, sumOfBytes } from './copies.ts';
import { SPEED } from './harness.ts';
import type { Subject, Workload } from './harness.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes, and how many such messages make a round. */
const SIZES: readonly [label: string, byteLength: number, passes: number][] = [
  ['16 B', 16, 20_000],
  ['256 B', 256, 20_000],
  ['4 KiB', 4 * KIB, 10_000],
  ['64 KiB', 64 * KIB, 2000],
  ['1 MiB', MIB, 250],
  ['16 MiB', 16 * MIB, 20],
];

function workload(label: string, byteLength: number, passes: number): Workload {
  return {
    operation: `${label} copied to another thread`,
    operations: passes,
    expected: sumOfBytes,
    sides: { 'put, get': copyThrough(byteLength), 'structured clone': structuredClone(byteLength) },
    rows: [{ what: `Queue, ${label}`, ours: 'put, get', against: 'structured clone', bar: SPEED }],
  };
}

const subject: Subject = Object.fromEntries(SIZES.map(size => [size[0], workload(...size)]));
export default subject;
