// The sink that is a SQLite database. A batch is one transaction: rows, dead letters, and how far each file is read. A row's key is
// unique, so what comes again is ignored.

import {
  type DatabaseSync,
  explained,
  openDatabase,
  type StatementSync,
  type Ways,
} from '../../store/sqlite.ts';
import { Trouble } from '../../trouble.ts';
import type { SqliteSinkConfig } from '../config/config.ts';
import type { Result } from '../record.ts';
import { field, type SqlValue } from './field.ts';
import type { SavedMark, Sink, SinkTotals } from './sink.ts';

/** What every table has. The underscore keeps them apart from properties of the user's, which become columns too. */
export const OWN_COLUMNS: readonly string[] = ['_id', '_key', '_source', '_received', '_body'];

const WAYS: Ways = {
  option: '--sqlite (sink.path)',
  anew: 'Move it away, with what is called like it and ends in -wal and -shm; a new one is made',
};

function guarded<T>(path: string, work: () => T): T {
  return explained(path, work, WAYS);
}

export class SqliteSink implements Sink {
  readonly marks: readonly SavedMark[];
  readonly #config: SqliteSinkConfig;
  readonly #totals: SinkTotals;
  readonly #database: DatabaseSync;
  readonly #columns: readonly string[];
  readonly #insert: StatementSync;
  readonly #insertText: StatementSync | undefined;
  readonly #insertDead: StatementSync;
  readonly #saveMark: StatementSync;
  #open = false;

  constructor(config: SqliteSinkConfig, totals: SinkTotals) {
    this.#config = config;
    this.#totals = totals;
    this.#columns = [...new Set([...config.columns, ...config.fullText])];
    this.#database = guarded(config.path, () => openDatabase(config.path));
    const table = quote(config.table);
    const names = [...OWN_COLUMNS.slice(1), ...this.#columns];
    const prepared = guarded(config.path, () => {
      const database = this.#database;
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      if (config.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${config.maxPages}`);
      this.#createTables();
      const marks = names.map(() => '?').join(', ');
      const textNames = config.fullText.map(quote).join(', ');
      return {
        insert: database.prepare(
          `INSERT INTO ${table} (${names.map(quote).join(', ')}) VALUES (${marks}) ON CONFLICT (_key) DO NOTHING`,
        ),
        insertText:
          config.fullText.length === 0
            ? undefined
            : database.prepare(
                `INSERT INTO ${quote(`${config.table}_text`)} (rowid, ${textNames}) VALUES (?, ${config.fullText.map(() => '?').join(', ')})`,
              ),
        insertDead: database.prepare(
          'INSERT INTO dead_letters (key, source, received, error, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
        ),
        saveMark: database.prepare(
          'INSERT OR REPLACE INTO offsets (id, path, dev, ino, head, head_bytes, "offset", beyond) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        ),
        marks: database.prepare('SELECT * FROM offsets ORDER BY rowid DESC').all().map(savedMark),
      };
    });
    this.#insert = prepared.insert;
    this.#insertText = prepared.insertText;
    this.#insertDead = prepared.insertDead;
    this.#saveMark = prepared.saveMark;
    this.marks = prepared.marks;
  }

  write(result: Result): void {
    guarded(this.#config.path, () => {
      this.#begin();
      const { key, source, at, dead, rows } = result;
      if (dead !== undefined) {
        this.#insertDead.run(key, source, at, dead.error, dead.text);
        return;
      }
      for (const [i, body] of rows.entries())
        this.#store(i === 0 ? key : `${key}#${i + 1}`, source, at, body);
    });
  }

  commit(marks: readonly SavedMark[]): void {
    guarded(this.#config.path, () => {
      if (marks.length > 0) this.#begin();
      for (const { id, path, dev, ino, head, headBytes, offset, beyond } of marks)
        this.#saveMark.run(id, path, dev, ino, head, headBytes, offset, JSON.stringify(beyond));
      if (this.#open) this.#database.exec('COMMIT');
      this.#open = false;
    });
  }

  close(): void {
    this.#database.close();
  }

  #begin(): void {
    if (this.#open) return;
    this.#database.exec('BEGIN IMMEDIATE');
    this.#open = true;
  }

  #store(key: string, source: string, at: number, body: string): void {
    const value: unknown = this.#columns.length === 0 ? undefined : JSON.parse(body);
    const values = this.#columns.map(name => field(value, name));
    const { changes, lastInsertRowid } = this.#insert.run(key, source, at, body, ...values);
    if (changes === 0) {
      this.#totals.count('duplicates', 1);
      return;
    }
    this.#totals.count('rows', 1);
    this.#insertText?.run(
      lastInsertRowid,
      ...this.#config.fullText.map((name): SqlValue => values[this.#columns.indexOf(name)]!),
    );
  }

  #createTables(): void {
    const { table, fullText, path } = this.#config;
    const database = this.#database;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(
        `CREATE TABLE IF NOT EXISTS ${quote(table)} (
           _id INTEGER PRIMARY KEY, _key TEXT NOT NULL UNIQUE, _source TEXT NOT NULL, _received INTEGER NOT NULL, _body TEXT NOT NULL);
         CREATE TABLE IF NOT EXISTS dead_letters (
           key TEXT PRIMARY KEY, source TEXT NOT NULL, received INTEGER NOT NULL, error TEXT NOT NULL, text TEXT NOT NULL);
         CREATE TABLE IF NOT EXISTS offsets (
           id TEXT PRIMARY KEY, path TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, head TEXT NOT NULL,
           head_bytes INTEGER NOT NULL, "offset" INTEGER NOT NULL, beyond TEXT NOT NULL)`,
      );
      const columns = columnsOf(database, table);
      for (const own of OWN_COLUMNS) {
        if (!columns.includes(own))
          throw new Trouble(
            `${path}: the table ${table} has no column ${own}, so it isn't one of this program's. Choose another with --table`,
          );
      }
      for (const name of this.#columns)
        if (!columns.includes(name)) database.exec(`ALTER TABLE ${quote(table)} ADD COLUMN ${quote(name)}`);
      this.#createText(columnsOf(database, `${table}_text`), fullText, path);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  #createText(existing: readonly string[], wanted: readonly string[], path: string): void {
    const { table } = this.#config;
    if (existing.length > 0) {
      if (existing.join() === wanted.join()) return;
      throw new Trouble(
        `${path}: ${table}_text indexes ${existing.join(', ')}, and not ${wanted.join(', ') || 'nothing'}. Use the same full-text fields, or another table`,
      );
    }
    if (wanted.length === 0) return;
    const text = quote(`${table}_text`);
    this.#database.exec(
      `CREATE VIRTUAL TABLE ${text} USING fts5 (${wanted.map(quote).join(', ')}, content=${quote(table)}, content_rowid='_id')`,
    );
    this.#database.exec(`INSERT INTO ${text} (${text}) VALUES ('rebuild')`);
  }
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(row => String(row['name']));
}

function savedMark(row: Record<string, unknown>): SavedMark {
  return {
    path: String(row['path']),
    id: String(row['id']),
    dev: Number(row['dev']),
    ino: Number(row['ino']),
    head: String(row['head']),
    headBytes: Number(row['head_bytes']),
    offset: Number(row['offset']),
    beyond: JSON.parse(String(row['beyond'])) as [number, number][],
  };
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
