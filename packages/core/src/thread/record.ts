/** Reading and writing a thread's record: small accessors, so that layout and meaning meet in one place. */
import { and, i32, load, or, u8 } from '../atomics.ts';
import { OBJECT, THREAD, THREAD_FLAG, THREAD_NAME_BYTES } from '../memory/layout.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes the name, cut to 96 bytes of UTF-8; may happen at any time, from any thread. */
export function setRecordName(record: number, name: string): void {
  const bytes = encoder.encode(name);
  const { written } = encoder.encodeInto(
    name,
    bytes.length > THREAD_NAME_BYTES ? bytes.subarray(0, THREAD_NAME_BYTES) : bytes,
  );
  lockGuard(record + OBJECT.guard);
  i32[record + THREAD.nameBytes] = written;
  u8.set(bytes.subarray(0, written), (record + THREAD.nameText) * 4);
  unlockGuard(record + OBJECT.guard);
}

export function recordName(record: number): string {
  lockGuard(record + OBJECT.guard);
  const start = (record + THREAD.nameText) * 4;
  const copy = new Uint8Array(u8.subarray(start, start + i32[record + THREAD.nameBytes]!));
  unlockGuard(record + OBJECT.guard);
  return decoder.decode(copy);
}

export function recordState(record: number): number {
  return load(record + OBJECT.state);
}

/** `Thread "Worker-3"`. */
export function describeRecord(record: number): string {
  return `Thread "${recordName(record)}"`;
}

/** Sets or clears a flag and returns whether it was set before. Atomic: starter, worker, supervisor and those who terminate write the same word. */
export function setFlag(record: number, flag: number, on: boolean): boolean {
  const word = record + THREAD.flags;
  return ((on ? or(word, flag) : and(word, ~flag)) & flag) !== 0;
}

export function hasFlag(record: number, flag: number): boolean {
  return (load(record + THREAD.flags) & flag) !== 0;
}

/** Whether the record belongs to the main thread or to one that Heddle didn't start. */
export function isUnowned(record: number): boolean {
  return (i32[record + THREAD.flags]! & (THREAD_FLAG.main | THREAD_FLAG.dummy)) !== 0;
}
