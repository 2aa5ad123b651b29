/** How shared objects are called in reports about them, read from shared memory alone: whoever writes the report may have no handle. */
import { i32, u8 } from '../atomics.ts';
import { KIND } from '../memory/kinds.ts';
import { OBJECT, THREAD, THREAD_NAME_BYTES } from '../memory/layout.ts';
import { peekName } from '../memory/name.ts';
import { ensureMapped } from '../memory/slab.ts';

const decoder = new TextDecoder();

const classNames: readonly string[] = Object.entries(KIND).reduce<string[]>((names, [key, number]) => {
  names[number] =
    key.startsWith('rw') || key.startsWith('rl')
      ? key.slice(0, 2).toUpperCase() + key.slice(2)
      : key[0]!.toUpperCase() + key.slice(1);
  return names;
}, []);

/** `Lock "balance"`, or `Lock` when it has no name. What was freed meanwhile is called anything. */
export function describeObject(pointer: number): string {
  ensureMapped(pointer);
  const kind = i32[pointer + OBJECT.kind]!;
  const name =
    kind === KIND.thread || kind === KIND.timer ? recordText(pointer) : peekName(i32[pointer + OBJECT.name]!);
  const type = classNames[kind] ?? 'something';
  return name === '' ? type : `${type} "${name}"`;
}

/** A thread's name, without the record's guard: torn if it is being changed just now. */
export function recordText(record: number): string {
  ensureMapped(record);
  const length = Math.min(Math.max(0, i32[record + THREAD.nameBytes]!), THREAD_NAME_BYTES);
  const start = (record + THREAD.nameText) * 4;
  return decoder.decode(new Uint8Array(u8.subarray(start, start + length)));
}
