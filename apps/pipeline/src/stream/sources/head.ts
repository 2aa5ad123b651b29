// Tells files apart: by device and number, and, since numbers are used again, by how they begin.

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { SavedMark } from '../sinks/sink.ts';

/** So much of a file is looked at. */
export const HEAD_BYTES = 256;

export interface Head {
  readonly head: string;
  readonly headBytes: number;
}

/** Returns the hash of the first `most` bytes, or of as many as there are. */
export async function headOf(file: FileHandle, most: number = HEAD_BYTES): Promise<Head> {
  const buffer = Buffer.alloc(most);
  let headBytes = 0;
  while (headBytes < most) {
    const { bytesRead } = await file.read(buffer, headBytes, most - headBytes, headBytes);
    if (bytesRead === 0) break;
    headBytes += bytesRead;
  }
  return { head: createHash('sha256').update(buffer.subarray(0, headBytes)).digest('hex'), headBytes };
}

/** Says whether a file still begins as it did. */
export async function beginsAs(file: FileHandle, { head, headBytes }: Head): Promise<boolean> {
  return headBytes === 0 || (await headOf(file, headBytes)).head === head;
}

/** Finds what was committed of this file by earlier runs. */
export async function findMark(
  file: FileHandle,
  { dev, ino, size }: { readonly dev: number; readonly ino: number; readonly size: number },
  marks: readonly SavedMark[],
): Promise<SavedMark | undefined> {
  for (const mark of marks) {
    if (mark.dev === dev && mark.ino === ino && mark.offset <= size && (await beginsAs(file, mark)))
      return mark;
  }
  return undefined;
}
