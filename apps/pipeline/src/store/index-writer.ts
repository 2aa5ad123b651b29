// Writes facts into the database, in batches of one transaction each: either a whole batch is in the database or nothing of it.
// Nothing counts as written before its batch is committed.

import { bytesOf } from '../cargo.ts';
import { type Fact, isFile, type TextFact } from '../message.ts';
import type { Counters } from '../run/run.ts';
import { type DatabaseSync, explained, openDatabase } from './sqlite.ts';
import { prepare, type Statements } from './statements.ts';
import { addTally, emptyTally, outcomes, type Tally, tallyFact } from './tally.ts';

type WriteCounters = Pick<Counters, 'written' | 'committed' | 'kib'>;

/** A batch ends with whichever comes first. */
export interface BatchLimits {
  readonly files: number;
  /** Of text, before compression. */
  readonly bytes: number;
  readonly milliseconds: number;
}

// Every commit waits for the disk and leaves a segment in the word index, hence hundreds of files; but what isn't committed is
// lost if the machine stops, hence a second.
const LIMITS: BatchLimits = { files: 512, bytes: 32 * 1024 * 1024, milliseconds: 1000 };

/** Owns the one connection that writes. */
export class IndexWriter {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #limits: BatchLimits;
  readonly #counters: WriteCounters;
  readonly #committed: Tally = emptyTally();
  #batch: Tally = emptyTally();
  #batchFacts = 0;
  #batchStarted = 0;
  /** Less than 1 KiB. */
  #uncounted = 0;

  /**
   * Opens the database and forgets what the last run skipped. `counters` are added to as facts are written and committed.
   * `maxPages` makes the database as small as a full disk would: for tests.
   */
  constructor(
    path: string,
    counters: WriteCounters,
    options: { maxPages?: number | undefined; limits?: BatchLimits } = {},
  ) {
    this.#path = path;
    this.#counters = counters;
    this.#limits = options.limits ?? LIMITS;
    this.#database = explained(path, () => openDatabase(path));
    this.#statements = explained(path, () => {
      // A rollback journal and not a write-ahead log: new pages, which is what a new index consists of, are written once and not
      // twice; and a database in a folder that can only be read can be searched.
      this.#database.exec(
        'PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536',
      );
      if (options.maxPages !== undefined) this.#database.exec(`PRAGMA max_page_count = ${options.maxPages}`);
      this.#database.exec('DELETE FROM skipped');
      return prepare(this.#database);
    });
  }

  /** What is in the database for certain. */
  get committed(): Readonly<Tally> {
    return this.#committed;
  }

  /** Takes a fact into the current batch, and commits the batch if it is large enough. */
  add(fact: Fact): void {
    explained(this.#path, () => {
      if (this.#batchFacts === 0) {
        this.#database.exec('BEGIN IMMEDIATE');
        this.#batchStarted = performance.now();
      }
      this.#batchFacts += 1;
      this.#write(fact);
    });
    if (isFile(fact)) this.#counters.written.add(1);
    if ('bytes' in fact) this.#countBytes(fact.bytes);
    if (this.#isFull()) this.commit();
  }

  /** Commits what has been added. */
  commit(): void {
    if (this.#batchFacts === 0) return;
    explained(this.#path, () => this.#database.exec('COMMIT'));
    addTally(this.#committed, this.#batch);
    this.#counters.committed.add(outcomes(this.#batch));
    this.#batch = emptyTally();
    this.#batchFacts = 0;
  }

  /** Closes the database. What hasn't been committed is not in it. */
  close(): void {
    this.#database.close();
  }

  #countBytes(bytes: number): void {
    const kib = Math.floor(this.#uncounted + bytes / 1024);
    this.#uncounted += bytes / 1024 - kib;
    this.#counters.kib.add(kib);
  }

  #isFull(): boolean {
    const { files, bytes, milliseconds } = this.#limits;
    return (
      this.#batchFacts >= files ||
      this.#batch.bytes >= bytes ||
      performance.now() - this.#batchStarted >= milliseconds
    );
  }

  #write(fact: Fact): void {
    const { statements, path } = { statements: this.#statements, path: fact.path };
    switch (fact.kind) {
      case 'text':
        tallyFact(this.#batch, fact, this.#writeText(fact));
        return;
      case 'unchanged':
        tallyFact(this.#batch, fact, true);
        return;
      case 'gone':
        tallyFact(this.#batch, fact, this.#remove(path));
        return;
      case 'closed folder':
        statements.skip.run(path, fact.kind, fact.detail);
        tallyFact(this.#batch, fact, false);
        return;
      case 'skipped':
        statements.skip.run(path, fact.why, fact.detail);
        // What can't be read now may be readable again: the index keeps what it has. In all other cases the text is no longer there.
        tallyFact(this.#batch, fact, fact.why !== 'unreadable' && this.#remove(path));
    }
  }

  /** Returns whether the file was in the index before. */
  #writeText(fact: TextFact): boolean {
    const { find, insert, update, insertBody, updateBody, insertWords } = this.#statements;
    const { path, language, bytes, lines, tokens, identifiers, replaced, hash } = fact;
    const stored = bytesOf(fact.stored);
    const body = stored.subarray(0, fact.bodyBytes);
    const words = stored.subarray(fact.bodyBytes);
    const facts = [
      language,
      bytes,
      lines,
      fact.unterminated ? 1 : 0,
      tokens,
      identifiers,
      replaced,
      hash,
    ] as const;
    const id = find.get(path)?.['id'];
    if (typeof id === 'number') {
      update.run(...facts, id);
      updateBody.run(body, id);
      this.#statements.deleteWords.run(id);
      insertWords.run(id, words);
      return true;
    }
    const added = insert.run(path, ...facts).lastInsertRowid;
    insertBody.run(added, body);
    insertWords.run(added, words);
    return false;
  }

  /** Returns whether there was anything to remove. */
  #remove(path: string): boolean {
    const { find, deleteFile, deleteBody, deleteWords } = this.#statements;
    const id = find.get(path)?.['id'];
    if (typeof id !== 'number') return false;
    for (const statement of [deleteWords, deleteBody, deleteFile]) statement.run(id);
    return true;
  }
}
