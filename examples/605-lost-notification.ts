// The lost notification: nobody waits yet when `notify()` is called, and a condition has no memory. The bug is to wait without
// looking at the state first; `waitFor` looks.

import { AtomicFlag, Condition, Thread, main, task } from '@heddle/core';

export const prepare = task(import.meta, function prepare(changed: Condition, ready: AtomicFlag) {
  using _ = changed.hold();
  ready.testAndSet();
  return changed.notifyAll();
});

main(import.meta, async () => {
  const changed = new Condition();
  const ready = new AtomicFlag();
  const thread = new Thread(prepare, { args: [changed, ready] }).start();
  console.log('notified:', await thread.resultAsync()); // the notification falls between two stools

  using _ = await changed.holdAsync();
  console.log('wait:', await changed.waitAsync({ timeout: 100 })); // without a timeout this would be for ever
  console.log('waitFor:', await changed.waitForAsync(() => ready.isSet, { timeout: 100 }));
});
