// The index is right: it agrees with find, wc and grep.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damage, index, look, searchJson, temporaryFolder } from './program.ts';
import { writeManyFiles, writeOddFiles } from './tree.ts';

let scratch: string;

beforeEach(() => {
  scratch = temporaryFolder();
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a shell command in a folder; `list` comes in as names that end with a zero byte. */
function shell(folder: string, command: string, list: readonly string[] = [], text = ''): string {
  return execFileSync('sh', ['-c', command], {
    cwd: folder,
    input: list.map(name => `${name}\0`).join(''),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TEXT: text },
    maxBuffer: 2 ** 28,
  });
}

/** The regular files, as find sees them, and those of them without a zero byte among their first 8192. */
function expected(folder: string): { found: string[]; texts: string[] } {
  const found = shell(folder, "find . -type f -printf '%P\\0'").split('\0').filter(Boolean);
  const isText = (path: string): boolean => !readFileSync(join(folder, path)).subarray(0, 8192).includes(0);
  return { found, texts: found.filter(isText).sort() };
}

async function agrees(folder: string, texts: readonly string[], args: readonly string[] = []): Promise<void> {
  const db = join(scratch, 'index.db');
  const { code, report, stderr } = await index(['--folder', folder, '--db', db, ...args]);
  expect(code, stderr).toBe(0);
  const { found, texts: files } = expected(folder);
  expect(report.files.found).toBe(found.length);
  expect(report.files.taken).toBe(found.length);
  expect(report.files.committed).toBe(found.length);
  expect(report.files.binary).toBe(found.length - files.length);
  const rows = look(db, database => database.prepare('SELECT path, lines FROM files ORDER BY path').all());
  expect(rows.map(row => String(row['path'])).sort()).toEqual(files);
  expect(report.index.files).toBe(files.length);
  expect(String(report.index.lines)).toBe(shell(folder, 'xargs -0 cat | wc -l', files).trim());
  expect(String(report.index.bytes)).toBe(shell(folder, 'xargs -0 cat | wc -c', files).trim());
  const lines = Object.fromEntries(
    [...shell(folder, 'xargs -0 wc -l', files).matchAll(/^ *(\d+) (.*)$/gm)].map(([, count, path]) => [
      path,
      Number(count),
    ]),
  );
  delete lines['total'];
  expect(Object.fromEntries(rows.map(row => [row['path'], row['lines']]))).toEqual(lines);
  for (const text of texts) {
    for (const ignoreCase of [false, true]) {
      const grep = shell(folder, `xargs -0 grep -lF${ignoreCase ? 'i' : ''} -e "$TEXT"; true`, files, text);
      const search = await searchJson([
        '--db',
        db,
        '--search',
        text,
        ...(ignoreCase ? ['--ignore-case'] : []),
      ]);
      const hits = search.hits.map(({ path }) => path).sort();
      expect(hits, `${text}, ignoring case: ${ignoreCase}`).toEqual(grep.split('\n').filter(Boolean).sort());
    }
  }
  expect(damage(db)).toEqual([]);
}

test.each([0, 1, 3])('a folder of all kinds of files, with --workers %d', async workers => {
  const folder = join(scratch, 'folder');
  writeManyFiles(folder, 400);
  writeOddFiles(folder);
  const texts = [
    'worker',
    'Queue(',
    '42',
    'x',
    'größe',
    '日',
    ' ',
    'const worker',
    'nothing like it',
    'orker W',
  ];
  await agrees(folder, workers === 3 ? texts : ['worker'], ['--workers', String(workers)]);
});

test('a queue that holds one file', async () => {
  const folder = join(scratch, 'folder');
  writeManyFiles(folder, 100);
  await agrees(folder, [], ['--queue-size', '1', '--workers', '4']);
});

test('a real folder: the types of this repository', async () => {
  const folder = fileURLToPath(new URL('../../../node_modules/@types', import.meta.url));
  await agrees(folder, ['SharedArrayBuffer', 'Atomics.wait', 'readonly size: number;']);
});

test('the same index with one thread and with many', async () => {
  const folder = join(scratch, 'folder');
  writeManyFiles(folder, 300);
  writeOddFiles(folder);
  const dump = async (workers: number): Promise<unknown> => {
    const db = join(scratch, `${workers}.db`);
    await index(['--folder', folder, '--db', db, '--workers', String(workers)]);
    return look(db, database => [
      database
        .prepare(
          'SELECT path, language, bytes, lines, tokens, identifiers, replaced, hex(hash), hex(zstd) FROM files JOIN bodies USING (id) ORDER BY path',
        )
        .all(),
      database.prepare('SELECT * FROM vocabulary ORDER BY term').all(),
      database.prepare('SELECT * FROM skipped ORDER BY path').all(),
    ]);
  };
  expect(await dump(3)).toEqual(await dump(0));
});

test('when run again, only what changed is written, and what is gone is removed', async () => {
  const folder = join(scratch, 'folder');
  const db = join(scratch, 'index.db');
  writeManyFiles(folder, 250);
  writeOddFiles(folder);
  const first = await index(['--folder', folder, '--db', db]);
  expect(first.report.files).toMatchObject({ found: 262, added: 259, binary: 3, invalid: 1 });
  const again = await index(['--folder', folder, '--db', db]);
  expect(again.report.files).toMatchObject({
    found: 262,
    added: 0,
    updated: 0,
    unchanged: 259,
    binary: 3,
    removed: 0,
  });
  expect(again.report.index).toEqual(first.report.index);

  writeFileSync(join(folder, 'one-line.txt'), 'another line');
  writeFileSync(join(folder, 'new.txt'), 'a new file');
  writeFileSync(join(folder, 'blank.txt'), Buffer.alloc(10));
  rmSync(join(folder, 'd0'), { recursive: true });
  const changed = await index(['--folder', folder, '--db', db]);
  expect(changed.report.files).toMatchObject({
    added: 1,
    updated: 1,
    unchanged: 157,
    binary: 4,
    removed: 101,
  });
  await agrees(folder, ['worker', 'line']);
});
