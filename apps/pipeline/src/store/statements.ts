// The statements with which the writer changes an index.

import type { DatabaseSync, StatementSync } from './sqlite.ts';

/** By what they do. */
export type Statements = Record<
  | 'find'
  | 'insert'
  | 'update'
  | 'insertBody'
  | 'updateBody'
  | 'insertWords'
  | 'deleteFile'
  | 'deleteBody'
  | 'deleteWords'
  | 'skip',
  StatementSync
>;

/** Prepares them; they last as long as the connection. */
export function prepare(database: DatabaseSync): Statements {
  return {
    find: database.prepare('SELECT id FROM files WHERE path = ?'),
    insert: database.prepare(
      'INSERT INTO files (path, language, bytes, lines, unterminated, tokens, identifiers, replaced, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    update: database.prepare(
      'UPDATE files SET language = ?, bytes = ?, lines = ?, unterminated = ?, tokens = ?, identifiers = ?, replaced = ?, hash = ? WHERE id = ?',
    ),
    insertBody: database.prepare('INSERT INTO bodies (id, zstd) VALUES (?, ?)'),
    updateBody: database.prepare('UPDATE bodies SET zstd = ? WHERE id = ?'),
    // As bytes and not as a string, which the writer would have to make first.
    insertWords: database.prepare('INSERT INTO words (rowid, word) VALUES (?, CAST(? AS TEXT))'),
    deleteFile: database.prepare('DELETE FROM files WHERE id = ?'),
    deleteBody: database.prepare('DELETE FROM bodies WHERE id = ?'),
    deleteWords: database.prepare('DELETE FROM words WHERE rowid = ?'),
    skip: database.prepare('INSERT OR REPLACE INTO skipped (path, why, detail) VALUES (?, ?, ?)'),
  };
}
