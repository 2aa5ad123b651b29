// Reads one file whole and decides what it is. Whatever is wrong with a file becomes a `Skipped`, never an exception: one file
// that can't be read is no reason to lose the others.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { describe, systemCode } from '../trouble.ts';
import { type Allocate, bytesOf, type Cargo, release } from '../cargo.ts';
import type { Job, Skipped, SkipReason } from '../message.ts';
import type { Entry } from './walk.ts';

/** A file is binary if one of its first bytes is zero: the rule of git and grep. */
const HEAD_BYTES = 8192;

/** Larger text files are reported and not indexed: a file is held in memory whole, several at a time. */
export const LARGEST_FILE_BYTES: number = 64 * 1024 * 1024;

/** A link that took the file's place isn't followed, and a pipe that did doesn't block. Windows knows neither flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What the first bytes are read into: most binary files are large, and nothing more of them is read. */
const head = Buffer.allocUnsafeSlow(HEAD_BYTES);

/** Reads a file into what `allocate` returns. `known` is the hash of what the index holds of it. */
export function readJob(entry: Entry, known: Uint8Array | undefined, allocate: Allocate): Job {
  let fd: number;
  try {
    fd = openSync(entry.at, FLAGS);
  } catch (error) {
    return unreadable(entry.path, error);
  }
  try {
    return readOpen(fd, entry.path, known, allocate);
  } catch (error) {
    return unreadable(entry.path, error);
  } finally {
    closeSync(fd);
  }
}

function readOpen(fd: number, path: string, known: Uint8Array | undefined, allocate: Allocate): Job {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return skipped(path, 'vanished', 'something else took its place');
  const headBytes = readSync(fd, head, 0, HEAD_BYTES, null);
  if (head.subarray(0, headBytes).includes(0)) {
    return skipped(path, 'binary', `a zero byte among the first ${HEAD_BYTES}`);
  }
  if (stats.size > LARGEST_FILE_BYTES) return tooLarge(path, stats.size);
  const content = readRest(fd, headBytes, stats.size, allocate);
  const { length } = bytesOf(content);
  if (length <= LARGEST_FILE_BYTES) return { kind: 'text', path, content, known };
  release(content);
  return tooLarge(path, length);
}

/** Returns the whole file; `head` holds the first bytes of it. */
function readRest(fd: number, headBytes: number, size: number, allocate: Allocate): Cargo {
  let content = allocate(Math.max(size, headBytes));
  bytesOf(content).set(head.subarray(0, headBytes));
  let length = headBytes;
  // Until there is no more, and not up to the size: a file may grow or shrink while it is read.
  for (;;) {
    const bytes = bytesOf(content);
    if (length < bytes.length) {
      const more = readSync(fd, bytes, length, bytes.length - length, null);
      if (more === 0) return resized(content, length, allocate);
      length += more;
    } else {
      const more = readSync(fd, head, 0, HEAD_BYTES, null);
      if (more === 0) return content;
      content = resized(content, length + more, allocate);
      bytesOf(content).set(head.subarray(0, more), length);
      length += more;
      if (length > LARGEST_FILE_BYTES) return content;
    }
  }
}

/** Is needed only for files that change while they are read, and for those whose size the system doesn't tell (`/proc`). */
function resized(content: Cargo, length: number, allocate: Allocate): Cargo {
  const other = allocate(length);
  bytesOf(other).set(bytesOf(content).subarray(0, length));
  release(content);
  return other;
}

function unreadable(path: string, error: unknown): Skipped {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return skipped(path, 'vanished', 'it was there when the folder was listed');
    case 'ELOOP':
      return skipped(path, 'vanished', 'a symbolic link took its place');
    default:
      return skipped(path, 'unreadable', describe(error));
  }
}

function tooLarge(path: string, bytes: number): Skipped {
  return skipped(path, 'too large', `${bytes} bytes or more, the limit is ${LARGEST_FILE_BYTES}`);
}

function skipped(path: string, why: SkipReason, detail: string): Skipped {
  return { kind: 'skipped', path, why, detail };
}
