// The sink that posts batches to a server. A batch counts as committed when the server has answered with 2xx, and is posted until it does;
// so the server may get one twice, but with the same `Idempotency-Key`, unless this program was killed meanwhile: then rows, which have
// keys of their own, may come again in another batch.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from '../../trouble.ts';
import type { HttpSinkConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import type { Result } from '../record.ts';
import { AppendFile } from './append-file.ts';
import { Checkpoint } from './checkpoint.ts';
import { deadLine, envelope } from './envelope.ts';
import type { SavedMark, Sink, SinkTotals } from './sink.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** Of the server's answer to what it refuses. */
const MOST_SHOWN = 500;

export class HttpSink implements Sink {
  readonly #config: HttpSinkConfig;
  readonly #totals: SinkTotals;
  readonly #log: Logger;
  readonly #checkpoint: Checkpoint;
  readonly #dead: AppendFile;
  #results: Result[] = [];

  constructor(config: HttpSinkConfig, totals: SinkTotals, log: Logger) {
    this.#config = config;
    this.#totals = totals;
    this.#log = log;
    this.#checkpoint = new Checkpoint(config.checkpoint);
    this.#dead = new AppendFile(config.deadLetters, this.#checkpoint.sizes['dead']);
    this.#checkpoint.save({ dead: this.#dead.size }, []);
  }

  get marks(): SavedMark[] {
    return this.#checkpoint.marks;
  }

  write(result: Result): void {
    if (result.dead !== undefined) this.#dead.add(deadLine(result, result.dead));
    else if (result.rows.length > 0) this.#results.push(result);
  }

  async commit(marks: readonly SavedMark[]): Promise<string | undefined> {
    const results = this.#results;
    this.#results = [];
    const refusal = results.length === 0 ? undefined : await this.#post(results);
    if (refusal === undefined)
      this.#totals.count(
        'rows',
        results.reduce((sum, { rows }) => sum + rows.length, 0),
      );
    else for (const result of results) this.#refuse(result, refusal);
    this.#dead.flush();
    this.#checkpoint.save({ dead: this.#dead.size }, marks);
    return refusal;
  }

  close(): void {
    this.#dead.close();
  }

  /** What the server will never take must not stop the rest. */
  #refuse(result: Result, error: string): void {
    for (const row of result.rows) this.#dead.add(deadLine(result, { error, text: row }));
  }

  /** Posts until the server has taken it, or returns why it never will. */
  async #post(results: readonly Result[]): Promise<string | undefined> {
    const { url, token, timeoutMs } = this.#config;
    const body = `${results.flatMap(result => result.rows.map((row, i) => envelope(result, row, i))).join('\n')}\n`;
    const headers = {
      'Content-Type': 'application/x-ndjson',
      'Idempotency-Key': createHash('sha256').update(body).digest('hex'),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
    for (let attempt = 1; ; attempt++) {
      let trouble: string;
      let waitMs =
        Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 20), LONGEST_DELAY_MS) *
        (0.5 + Math.random() / 2);
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        const answer = await response.text();
        if (response.ok) return undefined;
        trouble = `${url} answered ${response.status} ${response.statusText}: ${answer.slice(0, MOST_SHOWN)}`;
        if (!mayPass(response.status)) return trouble;
        const after = Number(response.headers.get('Retry-After'));
        if (after > 0) waitMs = Math.min(after * 1000, LONGEST_DELAY_MS);
      } catch (error) {
        trouble = `${url}: ${describe(error instanceof Error && error.cause !== undefined ? error.cause : error)}`;
      }
      this.#totals.count('retries', 1);
      this.#log.warn(
        { attempt, waitMs: Math.round(waitMs), error: trouble },
        'a batch was not taken and is posted again',
      );
      await delay(waitMs);
    }
  }
}

/** What may be different the next time. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}
