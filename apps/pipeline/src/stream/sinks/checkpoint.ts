// How a sink without transactions remembers what is committed: a small JSON file beside its output, replaced at once by a new one.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, systemCode, Trouble } from '../../trouble.ts';
import type { SavedMark } from './sink.ts';

interface Contents {
  readonly version: 1;
  /** How long each output was: what is behind came after. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly files: readonly SavedMark[];
}

export class Checkpoint {
  readonly #path: string;
  readonly #files = new Map<string, SavedMark>();
  readonly sizes: Readonly<Record<string, number>>;

  /** Reads it, if there is one. */
  constructor(path: string) {
    this.#path = path;
    const contents = read(path);
    for (const mark of contents.files) this.#files.set(mark.id, mark);
    this.sizes = contents.sizes;
  }

  /** The latest first. */
  get marks(): SavedMark[] {
    return [...this.#files.values()].reverse();
  }

  /** Writes it anew. When this returns, it is on disk; a crash leaves the old one or the new one. */
  save(sizes: Readonly<Record<string, number>>, marks: readonly SavedMark[]): void {
    for (const mark of marks) {
      this.#files.delete(mark.id);
      this.#files.set(mark.id, mark);
    }
    const contents: Contents = { version: 1, sizes, files: [...this.#files.values()] };
    const temporary = `${this.#path}.new`;
    try {
      writeWhole(temporary, Buffer.from(`${JSON.stringify(contents)}\n`));
      renameSync(temporary, this.#path);
      const folder = openSync(dirname(this.#path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw new Trouble(`${this.#path}: ${diskAdvice(error)}`, { cause: error });
    }
  }
}

/** A disk that is nearly full takes a part, and says so only by how much it took: the error comes when the rest is to be written. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const handle = openSync(path, 'w', 0o600);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Says what to do about a disk that doesn't take what is written. */
export function diskAdvice(error: unknown): string {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full. Make room, and start again';
  if (code === 'EFBIG')
    return 'it has become as large as a file may be here. Raise the limit (ulimit -f), or move it away, and start again';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'it can only be read. Choose a place that you may write to';
  if (code === 'ENOENT') return 'its folder does not exist';
  return describe(error);
}

function read(path: string): Contents {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { version: 1, sizes: {}, files: [] };
    throw new Trouble(`${path}: ${describe(error)}`, { cause: error });
  }
  try {
    const contents = JSON.parse(text) as Contents;
    if (contents.version === 1 && Array.isArray(contents.files)) return contents;
  } catch {
    // It is said below.
  }
  throw new Trouble(`${path}: this is not a checkpoint of this program. Move it away to begin anew`);
}
