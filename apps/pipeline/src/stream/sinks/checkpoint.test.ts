import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Checkpoint } from './checkpoint.ts';
import type { SavedMark } from './sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const marks = (count: number): SavedMark[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `file-${i}`,
    path: `/var/log/app-${i}.log`,
    dev: 1,
    ino: i,
    head: 'a'.repeat(64),
    headBytes: 256,
    offset: i,
    beyond: [],
  }));

it('is read again as it was saved', () => {
  const path = join(folder, 'again');
  new Checkpoint(path).save({ output: 7 }, marks(3));
  const { sizes, marks: read } = new Checkpoint(path);
  expect(sizes).toEqual({ output: 7 });
  expect(read.map(({ id }) => id)).toEqual(['file-2', 'file-1', 'file-0']);
});

// Windows has no such limit.
it.skipIf(process.platform === 'win32')(
  'a disk that takes only a part of it leaves the one before, and says what to do',
  () => {
    const path = join(folder, 'part');
    new Checkpoint(path).save({ output: 7 }, marks(3));
    // A file that may have 8 KiB: the first write takes as much of 60, the second fails.
    const program = `
      const { Checkpoint } = await import(${JSON.stringify(fileURLToPath(new URL('./checkpoint.ts', import.meta.url)))});
      try { new Checkpoint(${JSON.stringify(path)}).save({ output: 9 }, ${JSON.stringify(marks(300))}); console.log('saved'); }
      catch (error) { console.log(error.message); }`;
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `trap '' XFSZ; ulimit -f 16; exec "$0" "$@"`,
        process.execPath,
        '--conditions=@heddle/source',
        '--input-type=module',
        '-e',
        program,
      ],
      { encoding: 'utf8', timeout: 20_000, env: { ...process.env, NODE_COMPILE_CACHE: '' } },
    );
    expect(stderr).toBe('');
    expect(stdout).toContain(`${path}: it has become as large as a file may be here`);
    expect(new Checkpoint(path).sizes).toEqual({ output: 7 });
    expect(readdirSync(folder).filter(name => name.endsWith('.new'))).toEqual([]);
  },
);
