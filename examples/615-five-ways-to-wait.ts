// Five ways to wait for what a thread computes: sleep and hope, join, event, condition, queue.

import { AtomicCounter, Condition, Event, Queue, Thread, main, sleepAsync, task } from '@heddle/core';

interface Board {
  answer: AtomicCounter;
  ready: Event;
  changed: Condition;
  answers: Queue<number>;
}

export const compute = task(import.meta, function compute({ answer, ready, changed, answers }: Board) {
  {
    using _ = changed.hold();
    answer.value = 6 * 7;
    changed.notifyAll();
  }
  ready.set();
  answers.put(answer.value);
});

const waits: Record<string, (board: Board, thread: Thread) => unknown> = {
  // As bad as it looks: too long on most days, and too short on the one that matters.
  sleep: () => sleepAsync(100),
  join: (_, thread) => thread.joinAsync(),
  event: ({ ready }) => ready.waitAsync(),
  condition: async ({ changed, answer }) => {
    using _ = await changed.holdAsync();
    await changed.waitForAsync(() => answer.value !== 0);
  },
  queue: ({ answers }) => answers.getAsync(),
};

main(import.meta, async () => {
  for (const [way, wait] of Object.entries(waits)) {
    const board = {
      answer: new AtomicCounter(),
      ready: new Event(),
      changed: new Condition(),
      answers: new Queue<number>(),
    };
    await wait(board, new Thread(compute, { args: [board] }).start());
    console.log(`${way}: ${board.answer.value || 'too early'}`);
  }
});
