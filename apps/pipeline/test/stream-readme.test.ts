import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from './program.ts';
import { rows, runStream } from './stream-program.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CLEAN = fileURLToPath(new URL('./clean.ts', import.meta.url));

it('the transform that STREAM.md shows does what it says there', async () => {
  const manual = readFileSync(new URL('../STREAM.md', import.meta.url), 'utf8');
  expect(manual).toContain(readFileSync(CLEAN, 'utf8'));
  const db = join(folder, 'out.db');
  const input =
    '{"level":"info","text":"hello"}\n{"level":"debug","text":"no"}\n{"level":"warn","text":"slow","ms":900}\n{"level":"info","text":7}\n';
  const { code, report } = await runStream(
    [
      '--stdin',
      '--format',
      'json',
      '--transform',
      CLEAN,
      '--sqlite',
      db,
      '--columns',
      'level,slow',
      '--full-text',
      'text',
    ],
    { input },
  );
  expect(code).toBe(0);
  expect(report).toMatchObject({ in: 4, stored: 2, filtered: 1, dead: 1 });
  expect(rows(db, 'SELECT level, slow, text FROM records ORDER BY level')).toEqual([
    { level: 'INFO', slow: 0, text: 'hello' },
    { level: 'WARN', slow: 1, text: 'slow' },
  ]);
  expect(rows(db, `SELECT rowid FROM records_text WHERE records_text MATCH 'slow'`)).toHaveLength(1);
  expect(rows(db, 'SELECT error FROM dead_letters')).toEqual([
    { error: 'TypeError: text must be a string, got number' },
  ]);
});
