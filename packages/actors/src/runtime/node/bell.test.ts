/** The bell wakes whoever has announced that it sleeps, and nobody else's wait is spent for it. */
import { SharedInt32Array } from '@heddle/core';
import { beforeEach, expect, test } from 'vitest';
import { Bell, bellWords, ring } from './bell.ts';

let bells: SharedInt32Array;
let bell: Bell;

beforeEach(() => {
  bells = new SharedInt32Array(bellWords(2));
  bell = new Bell(bells, 1);
});

/** What has been settled once all promises and wakeups had their turn. */
async function settledSoon(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
  return settled;
}

test('a ring between the announcement and the sleep ends the sleep', async () => {
  bell.announceSleep();
  ring(bells, 1);
  await bell.sleep();
});

test('a ring while it sleeps ends the sleep', async () => {
  bell.announceSleep();
  const sleep = bell.sleep();
  expect(await settledSoon(sleep)).toBe(false);
  ring(bells, 1);
  await sleep;
});

test('a ring for another, or for one that is awake, wakes nobody', async () => {
  bell.announceSleep();
  const sleep = bell.sleep();
  ring(bells, 0);
  expect(await settledSoon(sleep)).toBe(false);
  bell.awake();
  ring(bells, 1);
  expect(await settledSoon(sleep)).toBe(false);
  bell.announceSleep();
  ring(bells, 1);
  await sleep;
});

test('a wait that is left over from an earlier sleep serves the next', async () => {
  bell.announceSleep();
  const first = bell.sleep();
  bell.awake();
  bell.announceSleep();
  const second = bell.sleep();
  ring(bells, 1);
  await Promise.all([first, second]);
});

test('who blocks is woken by a ring before it blocks, and its event loop is left alone', async () => {
  bell.announceSleep();
  const sleep = bell.sleep();
  bell.awake();
  bell.announceBlock();
  ring(bells, 1);
  expect(bell.block(10_000)).toBe(true);
  expect(await settledSoon(sleep)).toBe(false);
  bell.announceSleep();
  ring(bells, 1);
  await sleep;
});

test('blocking ends with its time', () => {
  bell.announceBlock();
  expect(bell.block(1)).toBe(false);
});

test('a loud ring wakes one that seems to be awake', async () => {
  bell.announceSleep();
  const sleep = bell.sleep();
  bell.awake();
  ring(bells, 1, true);
  await sleep;
});
