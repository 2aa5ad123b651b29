import { SimpleQueue } from '@heddle/core';
import { expect, test } from 'vitest';
import type { Assignment } from './assignment.ts';
import { type Line, Slot, type Work } from './slot.ts';

// The runs themselves are made by real threads in runners.test.ts; here it is about the order in which a death is heard of.

function line(): Line & { readonly inbox: SimpleQueue<Assignment | 'end'> } {
  return { inbox: new SimpleQueue<Assignment | 'end'>(), thread: { terminate: () => undefined as never } };
}

function work(run: string): Work {
  const assignment = { run } as Assignment;
  return { assignment, onBegin() {}, onEnd() {}, pid: undefined, cancelLadder() {} };
}

/** As the thread does. */
function take({ inbox }: { readonly inbox: SimpleQueue<Assignment | 'end'> }): string {
  const next = inbox.getNowait();
  return next === 'end' ? next : next.run;
}

test('a run that took its thread along is not given to the next one, which may be up before the death is heard', () => {
  const slot = new Slot(1);
  const [first, second] = [line(), line()];
  slot.connect(first);
  slot.assign(work('deadly'));
  expect(take(first)).toBe('deadly');
  slot.connect(second);
  expect(second.inbox.empty).toBe(true);
  expect(slot.lose(first)).toBe(true);
  expect(slot.release()?.assignment.run).toBe('deadly');
  // The next one has the new thread, and doesn't die of the old one's death.
  slot.assign(work('innocent'));
  expect(take(second)).toBe('innocent');
});

test('a run that a dead thread never took goes to the next one', () => {
  const slot = new Slot(1);
  const [first, second, third] = [line(), line(), line()];
  slot.connect(first);
  // The thread has died of something that an earlier run left behind, and nobody knows yet.
  slot.assign(work('innocent'));
  expect(slot.lose(first)).toBe(false);
  expect(slot.work?.assignment.run).toBe('innocent');
  slot.connect(second);
  // Once more, and now the next thread is there first.
  slot.connect(third);
  expect(third.inbox.empty).toBe(true);
  expect(slot.lose(second)).toBe(false);
  expect(take(third)).toBe('innocent');
  expect(slot.lose(third)).toBe(true);
});

test('what is given while there is no thread is the first work of the next one', () => {
  const slot = new Slot(1);
  const first = line();
  slot.assign(work('early'));
  slot.connect(first);
  expect(take(first)).toBe('early');
});
