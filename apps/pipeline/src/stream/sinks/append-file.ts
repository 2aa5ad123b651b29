// A file that is only ever appended to, in durable batches.

import { closeSync, fsyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { Trouble } from '../../trouble.ts';
import { diskAdvice } from './checkpoint.ts';

export class AppendFile {
  readonly #path: string;
  readonly #handle: number;
  #size: number;
  #lines: string[] = [];

  /** Opens it. What is behind `committed` bytes was written by a run that was killed before it could say so, and is cut off. */
  constructor(path: string, committed: number | undefined) {
    this.#path = path;
    const opened = this.#guarded(() => {
      const handle = openSync(path, 'a+', 0o644);
      const { size } = fstatSync(handle);
      if (committed === undefined || size <= committed) return { handle, size };
      ftruncateSync(handle, committed);
      return { handle, size: committed };
    });
    this.#handle = opened.handle;
    this.#size = opened.size;
  }

  /** Bytes on disk. */
  get size(): number {
    return this.#size;
  }

  add(line: string): void {
    this.#lines.push(line);
  }

  /** Writes what was added; it is on disk when this returns. */
  flush(): void {
    if (this.#lines.length === 0) return;
    this.#guarded(() => {
      const bytes = Buffer.from(`${this.#lines.join('\n')}\n`);
      for (let written = 0; written < bytes.length;) written += writeSync(this.#handle, bytes, written);
      fsyncSync(this.#handle);
      this.#size += bytes.length;
    });
    this.#lines = [];
  }

  close(): void {
    closeSync(this.#handle);
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new Trouble(`${this.#path}: ${diskAdvice(error)}`, { cause: error });
    }
  }
}
