import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bytesOf } from '../cargo.ts';
import type { Job } from '../message.ts';
import { LARGEST_FILE_BYTES, readJob } from './read.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-read-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const allocate = (byteLength: number): Uint8Array => new Uint8Array(byteLength);

function read(name: string): Job {
  return readJob({ path: name, at: join(folder, name) }, undefined, allocate);
}

test.each([0, 1, 8191, 8192, 8193, 100_000, 2_000_000])('a file of %d bytes is read whole', size => {
  const bytes = Buffer.alloc(size, 'line\n');
  writeFileSync(join(folder, 'file'), bytes);
  const job = read('file');
  if (job.kind !== 'text') throw new Error(`not a text: ${job.kind}`);
  expect(Buffer.compare(bytes, bytesOf(job.content))).toBe(0);
});

test('a file whose size the system does not tell is read to its end', () => {
  const job = readJob({ path: 'status', at: '/proc/self/status' }, undefined, allocate);
  expect(job.kind === 'text' && Buffer.from(bytesOf(job.content)).toString()).toContain('VmRSS');
});

test('a zero byte among the first 8192 makes a file binary, one behind them does not', () => {
  writeFileSync(join(folder, 'binary'), Buffer.concat([Buffer.alloc(8191, 'a'), Buffer.alloc(1)]));
  writeFileSync(join(folder, 'text'), Buffer.concat([Buffer.alloc(8192, 'a'), Buffer.alloc(1)]));
  expect(read('binary')).toMatchObject({ kind: 'skipped', why: 'binary' });
  expect(read('text').kind).toBe('text');
});

test('a file that is gone, or that something else took the place of, has vanished', () => {
  writeFileSync(join(folder, 'target'), '');
  symlinkSync('target', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const name of ['missing', 'target/file', 'link', 'pipe', '.']) {
    expect(read(name), name).toMatchObject({ kind: 'skipped', path: name, why: 'vanished' });
  }
});

test('a text beyond the limit is too large', () => {
  writeFileSync(join(folder, 'file'), 'x'.repeat(8192));
  truncateSync(join(folder, 'file'), LARGEST_FILE_BYTES + 1);
  expect(read('file')).toMatchObject({ kind: 'skipped', why: 'too large' });
});

test('a file that shrinks or grows while it is read is read as it is', () => {
  const path = join(folder, 'file');
  for (const [before, after] of [
    [20_000, 10_000],
    [10_000, 20_000],
  ] as const) {
    writeFileSync(path, 'x'.repeat(before));
    let first = true;
    const job = readJob({ path: 'file', at: path }, undefined, byteLength => {
      // Between the file's size being asked for and its being read.
      if (first) truncateSync(path, after);
      first = false;
      return allocate(byteLength);
    });
    expect(job.kind === 'text' && bytesOf(job.content).length).toBe(after);
  }
});
