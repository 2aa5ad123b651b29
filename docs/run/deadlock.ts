// The two transfers of the guide.
import { Barrier, DeadlockError, Lock, Thread, task } from '@heddle/core';

export const transfer = task(import.meta, function transfer(from: Lock, to: Lock, together: Barrier) {
  using _first = from.hold();
  together.wait({ timeout: 10_000 });
  try {
    using _second = to.hold();
    return 'done';
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    return error.message;
  }
});

export async function run(print: (text: string) => void): Promise<void> {
  const [alice, bob] = [new Lock({ name: 'Alice' }), new Lock({ name: 'Bob' })];
  const together = new Barrier(2);
  const threads = [
    new Thread(transfer, { args: [alice, bob, together], name: 'to Bob' }).start(),
    new Thread(transfer, { args: [bob, alice, together], name: 'to Alice' }).start(),
  ];
  for (const thread of threads) print(`${thread.name}: ${await thread.resultAsync()}`);
}
