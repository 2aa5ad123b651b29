// Reads one file from where earlier runs have committed it, and goes on as it grows.

import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Intake } from '../intake/intake.ts';
import { LineSplitter } from '../lines/line-splitter.ts';
import type { Format } from '../record.ts';
import type { SavedMark } from '../sinks/sink.ts';
import { beginsAs, findMark, type Head, HEAD_BYTES, headOf } from './head.ts';
import { tooLongFault } from './source.ts';

const CHUNK_BYTES = 64 * 1024;

export interface FeedOptions {
  readonly source: string;
  readonly format: Format;
  readonly maxLineBytes: number;
  readonly intake: Intake;
  /** Whether nothing more is to be read. */
  readonly stopped: () => boolean;
}

interface FoundLine {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly fault?: string;
}

export class FileFeed {
  /** The name under which it is followed; it keeps it when it is renamed, so that the next run knows what to look for. */
  path: string;
  readonly dev: number;
  readonly ino: number;
  /** Whether an earlier run has read of it. */
  readonly resumed: boolean;
  readonly #options: FeedOptions;
  readonly #file: FileHandle;
  readonly #id: string;
  readonly #number: number;
  /** Parts behind the beginning that are committed. */
  readonly #beyond: Map<number, number>;
  readonly #splitter: LineSplitter;
  #head: Head;
  #position: number;
  #lines: FoundLine[] = [];

  private constructor(
    options: FeedOptions,
    path: string,
    opened: { file: FileHandle; dev: number; ino: number; head: Head; mark: SavedMark | undefined },
  ) {
    const { mark } = opened;
    this.path = path;
    this.dev = opened.dev;
    this.ino = opened.ino;
    this.resumed = mark !== undefined;
    this.#options = options;
    this.#file = opened.file;
    this.#head = opened.head;
    this.#id = mark?.id ?? randomBytes(6).toString('hex');
    this.#number = options.intake.nextFile();
    this.#beyond = new Map(mark?.beyond);
    this.#position = mark?.offset ?? 0;
    const { maxLineBytes } = options;
    this.#splitter = new LineSplitter(
      {
        line: (bytes, start, end) => this.#lines.push({ bytes, start, end }),
        tooLong: (bytes, start, end) =>
          this.#lines.push({ bytes, start, end, fault: tooLongFault(maxLineBytes) }),
      },
      maxLineBytes,
      this.#position,
    );
  }

  /** Opens a file and tells the sink of it; `name` is what it was followed by, if it was renamed. Throws what the system throws. */
  static async open(
    path: string,
    options: FeedOptions,
    marks: readonly SavedMark[],
    name: string = path,
  ): Promise<FileFeed> {
    const file = await open(path, 'r');
    try {
      const { dev, ino, size } = await file.stat();
      const [head, mark] = [await headOf(file), await findMark(file, { dev, ino, size }, marks)];
      const feed = new FileFeed(options, name, { file, dev, ino, head, mark });
      await feed.#mark();
      return feed;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get offset(): number {
    return this.#position;
  }

  /** Says whether it is still the file that was opened: not cut off, and not written anew. */
  async isIntact(): Promise<boolean> {
    const { size } = await this.#file.stat();
    return size >= this.#position && (await beginsAs(this.#file, this.#head));
  }

  /** Reads to its present end, or so many chunks: others may wait. Returns whether there was anything. */
  async read(mostChunks: number = Infinity): Promise<boolean> {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let any = false;
    for (let chunks = 0; chunks < mostChunks && !this.#options.stopped(); chunks++) {
      const { bytesRead } = await this.#file.read(chunk, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) break;
      any = true;
      if (this.#head.headBytes < HEAD_BYTES) await this.#learnHead();
      this.#position += bytesRead;
      this.#splitter.push(chunk.subarray(0, bytesRead));
      await this.#put();
    }
    return any;
  }

  /** It won't grow any more: its last line has come, with or without a line feed. */
  async finish(): Promise<void> {
    if (this.#options.stopped()) return;
    this.#splitter.end();
    await this.#put();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #put(): Promise<void> {
    const { intake, source, format, stopped } = this.#options;
    const lines = this.#lines;
    this.#lines = [];
    for (const { bytes, start, end, fault } of lines) {
      // What isn't put is read again by the next run.
      if (stopped()) return;
      if (this.#beyond.delete(start)) continue;
      const waiting = intake.put({
        source,
        format,
        bytes,
        start,
        end,
        file: this.#number,
        key: `${source}:${this.#id}:${start}`,
        ...(fault === undefined ? {} : { fault }),
      });
      if (waiting !== undefined) await waiting;
    }
  }

  async #learnHead(): Promise<void> {
    this.#head = await headOf(this.#file);
    await this.#mark();
  }

  #mark(): Promise<void> {
    return this.#options.intake.mark({
      kind: 'file',
      file: this.#number,
      path: this.path,
      id: this.#id,
      dev: this.dev,
      ino: this.ino,
      ...this.#head,
      offset: this.#splitter.start,
      beyond: [...this.#beyond],
    });
  }
}
