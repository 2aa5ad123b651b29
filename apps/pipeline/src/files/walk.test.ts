import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJob } from './read.ts';
import { type Entry, walk } from './walk.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-walk-')));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function filesIn(at: string, exclude: string[] = []): Entry[] {
  return [...walk(at, new Set(exclude))].flatMap(({ files }) => files);
}

function paths(exclude: string[] = []): string[] {
  return filesIn(folder, exclude).map(({ path }) => path);
}

test('all regular files at every depth, hidden ones too, in the order of their names', () => {
  mkdirSync(join(folder, 'b', 'deep', 'deeper'), { recursive: true });
  for (const name of ['z', 'a', 'b/2', 'b/10', 'b/deep/deeper/x', '.hidden', 'new\nline', ' ']) {
    writeFileSync(join(folder, name), name);
  }
  expect(paths()).toEqual([' ', '.hidden', 'a', 'new\nline', 'z', 'b/10', 'b/2', 'b/deep/deeper/x']);
});

test('links are not followed, and pipes are no files: what find -type f prints', () => {
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'file'), '');
  symlinkSync('sub/file', join(folder, 'link'));
  symlinkSync('sub', join(folder, 'folder-link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const found = execFileSync('find', ['.', '-type', 'f'], { cwd: folder, encoding: 'utf8' });
  expect(paths().map(path => `./${path}\n`)).toEqual([found]);
});

test('a name that is not UTF-8 is shown with its bytes and can be read', () => {
  const name = Buffer.concat([Buffer.from(`${folder}/é`), Buffer.from([0xe9, 0xff]), Buffer.from('.txt')]);
  writeFileSync(name, 'text');
  writeFileSync(join(folder, 'fine'), '');
  mkdirSync(Buffer.concat([Buffer.from(`${folder}/d`), Buffer.from([0x80])]));
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/d`), Buffer.from([0x80]), Buffer.from('/in')]), 'x');
  const files = filesIn(folder);
  expect(files.map(({ path }) => path)).toEqual(['fine', 'é\\xe9\\xff.txt', 'd\\x80/in']);
  for (const file of files) expect(readJob(file, undefined, size => new Uint8Array(size)).kind).toBe('text');
});

test('what is excluded is left out', () => {
  writeFileSync(join(folder, 'a'), '');
  writeFileSync(join(folder, 'a.db'), '');
  expect(paths([join(folder, 'a.db')])).toEqual(['a']);
});

test('a folder that cannot be listed is reported', () => {
  expect([...walk(join(folder, 'missing'), new Set())]).toEqual([
    { files: [], closed: { kind: 'closed folder', path: '.', detail: expect.stringContaining('ENOENT') } },
  ]);
});

test('a folder is listed only when its turn comes', () => {
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'a'), '');
  const listings = walk(folder, new Set());
  expect(listings.next().value?.files.map(({ path }) => path)).toEqual(['a']);
  writeFileSync(join(folder, 'sub', 'late'), '');
  expect(listings.next().value?.files.map(({ path }) => path)).toEqual(['sub/late']);
  expect(listings.next().done).toBe(true);
});
