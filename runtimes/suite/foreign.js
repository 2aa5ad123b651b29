/** A worker that the page starts by itself: it joins the runtime and uses what it is sent. */
import { Thread, attach, unpack } from '@heddle/core';

addEventListener('message', ({ data }) => {
  attach(data.handle);
  const { queue, lock } = unpack(data.packed);
  queue.put(lock.tryAcquire());
  lock.acquire({ timeout: 15_000 });
  queue.put(new Thread(n => n * 2, { args: [21] }).start().result({ timeout: 15_000 }));
});
