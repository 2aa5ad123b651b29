// A queue of jobs on disk, first in, first out, for a burst that memory mustn't hold. It is overflow, not a journal: what is in it isn't
// acknowledged, so after a crash it comes again from where it came from, and the files are of no use to the next run.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, Trouble } from '../../trouble.ts';
import type { Job } from '../record.ts';
import { weight } from './weight.ts';

/** Jobs are written and read in blocks. */
const BLOCK_BYTES = 256 * 1024;
/** A file is deleted as soon as all of it has been read. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const NAME = /^spill-\d+$/;

interface Block {
  readonly at: number;
  readonly bytes: number;
}

interface Segment {
  readonly path: string;
  readonly handle: number;
  readonly blocks: Block[];
  /** Bytes written. */
  size: number;
}

/** Not `mkdirSync` with `recursive`, which never returns where a folder that is there can't hold one, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}

export class Spill {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segments: Segment[] = [];
  #serial = 0;
  /** The newest, not yet written. */
  #tail: Job[] = [];
  #tailBytes = 0;
  #length = 0;
  #bytes = 0;

  /** Makes the folder, and removes what an earlier run left there. Throws `Trouble` if it can't. */
  constructor(folder: string, maxBytes: number) {
    try {
      makeFolder(folder);
      for (const name of readdirSync(folder)) if (NAME.test(name)) rmSync(join(folder, name));
    } catch (error) {
      const where = `the folder to spill to, ${folder}, cannot be used: ${describe(error)}`;
      throw new Trouble(`${where}. Choose another with --spill-folder (queue.spillFolder)`, {
        cause: error,
      });
    }
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** How many jobs it holds. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes they take on disk, about. */
  get bytes(): number {
    return this.#bytes + this.#tailBytes;
  }

  get full(): boolean {
    return this.bytes >= this.#maxBytes;
  }

  /** Takes a job in. Throws what the disk throws, and has taken the job nevertheless: it is in memory. */
  push(job: Job): void {
    this.#tail.push(job);
    this.#tailBytes += weight(job);
    this.#length += 1;
    if (this.#tailBytes >= BLOCK_BYTES) this.#write();
  }

  /** Returns the oldest jobs, a block of them; none if it is empty. */
  shift(): Job[] {
    const segment = this.#segments[0];
    const block = segment?.blocks.shift();
    if (segment === undefined || block === undefined) {
      const jobs = this.#tail;
      this.#tail = [];
      this.#tailBytes = 0;
      this.#length -= jobs.length;
      return jobs;
    }
    const bytes = Buffer.allocUnsafe(block.bytes);
    for (let read = 0; read < block.bytes;) {
      const some = readSync(segment.handle, bytes, read, block.bytes - read, block.at + read);
      if (some === 0) throw new Error(`${segment.path} has become shorter`);
      read += some;
    }
    this.#bytes -= block.bytes;
    if (segment.blocks.length === 0) this.#drop(this.#segments.shift()!);
    // What is deserialized are views of the whole block; each job gets bytes of its own, so that it doesn't keep, and carry along, the others'.
    const jobs = (deserialize(bytes) as Job[]).map(job => ({ ...job, bytes: job.bytes.slice() }));
    this.#length -= jobs.length;
    return jobs;
  }

  /** Removes its files. */
  close(): void {
    for (const segment of this.#segments.splice(0)) this.#drop(segment);
  }

  #write(): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.size >= SEGMENT_BYTES) {
      const path = join(this.#folder, `spill-${this.#serial++}`);
      segment = { path, handle: openSync(path, 'w+', 0o600), blocks: [], size: 0 };
      this.#segments.push(segment);
    }
    const bytes = serialize(this.#tail);
    for (let written = 0; written < bytes.length;)
      written += writeSync(segment.handle, bytes, written, bytes.length - written, segment.size + written);
    segment.blocks.push({ at: segment.size, bytes: bytes.length });
    segment.size += bytes.length;
    this.#bytes += bytes.length;
    this.#tail = [];
    this.#tailBytes = 0;
  }

  #drop(segment: Segment): void {
    closeSync(segment.handle);
    rmSync(segment.path, { force: true });
  }
}
