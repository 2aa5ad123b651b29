// The sink that is a file of JSON lines. What is committed is what the checkpoint beside it says: after a crash the file is cut there, and
// followed files are read on from there, so that no line of theirs is lost or doubled.

import type { NdjsonSinkConfig } from '../config/config.ts';
import type { Result } from '../record.ts';
import { AppendFile } from './append-file.ts';
import { Checkpoint } from './checkpoint.ts';
import { deadLine, envelope } from './envelope.ts';
import type { SavedMark, Sink, SinkTotals } from './sink.ts';

export class NdjsonSink implements Sink {
  readonly #config: NdjsonSinkConfig;
  readonly #totals: SinkTotals;
  readonly #checkpoint: Checkpoint;
  readonly #output: AppendFile;
  readonly #dead: AppendFile;

  constructor(config: NdjsonSinkConfig, totals: SinkTotals) {
    this.#config = config;
    this.#totals = totals;
    this.#checkpoint = new Checkpoint(config.checkpoint);
    this.#output = new AppendFile(config.path, this.#checkpoint.sizes['output']);
    this.#dead = new AppendFile(config.deadLetters, this.#checkpoint.sizes['dead']);
    // Before the first line: what is behind this must be cut off, should this run be killed in its first batch.
    this.commit([]);
  }

  get marks(): SavedMark[] {
    return this.#checkpoint.marks;
  }

  write(result: Result): void {
    if (result.dead !== undefined) this.#dead.add(deadLine(result, result.dead));
    for (const [i, row] of result.rows.entries())
      this.#output.add(this.#config.envelope ? envelope(result, row, i) : row);
    this.#totals.count('rows', result.rows.length);
  }

  commit(marks: readonly SavedMark[]): void {
    this.#output.flush();
    this.#dead.flush();
    this.#checkpoint.save({ output: this.#output.size, dead: this.#dead.size }, marks);
  }

  close(): void {
    this.#output.close();
    this.#dead.close();
  }
}
