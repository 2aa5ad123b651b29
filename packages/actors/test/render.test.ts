/** What `heddle inspect` draws. */
import { expect, test } from 'vitest';
import { renderSystem } from '../src/cli/render.ts';
import type { ActorInfo } from '../src/index.ts';

const actor = (path: string, rest: Partial<ActorInfo> = {}, children: ActorInfo[] = []): ActorInfo => ({
  path,
  actor: 'worker',
  state: 'running',
  busy: false,
  waiting: 0,
  handled: 0,
  rate: 0,
  busyShare: 0,
  restarts: 0,
  lastError: undefined,
  thread: 0,
  children,
  ...rest,
});

const error = 'RangeError: the order has a negative amount of things in it, which cannot be';
const root = actor('/', {}, [
  actor('/orders', {}, [
    actor('/orders/spinner', { busy: true, thread: 1, busyShare: 1, waiting: 123_456 }),
    actor('/orders/a worker with quite a long name that goes on and on', {
      handled: 1_234_567,
      restarts: 2,
      lastError: error,
    }),
  ]),
]);
const line = {
  system: 'shop',
  pid: 7,
  root,
  threads: [
    {
      thread: 0,
      actors: 2,
      waiting: 0,
      handled: 9,
      rate: 8920.4,
      busyShare: 0.0312,
      running: undefined,
      turnMs: undefined,
    },
    {
      thread: 1,
      actors: 1,
      waiting: 42,
      handled: 0,
      rate: 0,
      busyShare: 1,
      running: '/orders/spinner',
      turnMs: 3712,
    },
  ],
};

test.each([80, 120])('%i columns: nothing is wider, and the last error has a line of its own', columns => {
  const lines = renderSystem(line, columns, Infinity).split('\n');
  expect(lines.filter(each => each.length > columns || each !== each.trimEnd())).toEqual([]);
  expect(lines[0]).toBe('shop, process 7: 3 actors on 2 threads');
  expect(lines[4]).toBe('1                 1       42        0     100%  /orders/spinner for 3.7 s: STUCK');
  expect(lines.find(each => each.startsWith('ACTOR'))).toMatch(/RESTARTS$/);
  expect(lines.find(each => each.includes('a worker'))).toMatch(/running +0 +0 +1\.2M +0 +0% +2$/);
  expect(lines.find(each => each.includes('! Range'))).toBe(
    `    ! ${error}`.slice(0, columns - (columns === 80 ? 1 : 0)) + (columns === 80 ? '…' : ''),
  );
});

test('without a width nothing is cut off, and errors stand beside', () => {
  const text = renderSystem(line, Infinity, Infinity);
  expect(text).toContain(`  2  ${error}\n`);
  expect(text).toContain('a worker with quite a long name that goes on and on running');
});

test('with too few rows the last says how much is missing', () => {
  const lines = renderSystem(line, 80, 8).trimEnd().split('\n');
  expect(lines).toHaveLength(8);
  expect(lines[7]).toBe('… and 4 lines more (--once shows all)');
});

test.each([
  [200, '/orders/spinner for 3.7 s: STUCK'],
  [80, '/orders/spinner for 3.7 s: STUCK'],
  [76, '…rs/spinner for 3.7 s: STUCK'],
  [70, 'STUCK 3.7 s'],
  [60, 'STUCK 3.7 s'],
])('%i columns: that a thread is stuck is seen', (columns, text) => {
  const rows = renderSystem(line, columns, Infinity).split('\n');
  const row = rows.find(each => each.startsWith('1 '))!;
  expect(row).toContain('STUCK');
  expect(row.endsWith(text)).toBe(true);
  expect(row.length).toBeLessThanOrEqual(columns);
});

test('what actors are called, and die of, does not steer the terminal', () => {
  const steering = actor('/', {}, [actor('/a\x1b[2Jb', { lastError: 'Error: \x1b]0;title\x07\r\n\x9b1m' })]);
  for (const columns of [80, 200]) {
    const text = renderSystem({ ...line, root: steering }, columns, Infinity);
    // oxlint-disable-next-line no-control-regex -- those are meant
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(text).toContain('a\u{fffd}[2Jb');
  }
});
