// A service in a thread by comlink, over shared memory: calls, callbacks, shared objects in arguments, and what becomes of a call when the thread dies.

import { Queue, Thread, main, task } from '@heddle/core';
import { SharedChannel, expose, proxy, wrap } from '@heddle/core/comlink';
import type { SharedPort } from '@heddle/core/comlink';

const library = {
  titles: ['Faust', 'Woyzeck'],
  add(title: string) {
    return this.titles.push(title);
  },
  async readAll(to: { out: Queue<string> }, onPage: (page: number) => Promise<void>) {
    for (const [page, title] of this.titles.entries()) {
      to.out.put(title); // the caller's queue: it came as itself
      await onPage(page + 1);
    }
  },
  burn(): void {
    process.exit(1);
  },
};

export const serve = task(import.meta, function serve(port: SharedPort) {
  expose(library, port);
  return port.closed; // the thread lives as long as it serves
});

main(import.meta, async () => {
  const { port1, port2 } = new SharedChannel();
  const thread = new Thread(serve, { args: [port2], name: 'library' }).start();
  const remote = wrap<typeof library>(port1.watch(thread));

  console.log('titles:', await remote.add('Emilia Galotti'));
  const out = new Queue<string>();
  const onPage = proxy((page: number) => console.log('page', page));
  await remote.readAll({ out }, onPage as never);
  console.log('read:', out.getMany(10).join(', '));

  await remote.burn().catch((error: Error) => console.log(`${error.name}: ${error.message}`));
  await remote.add('Nathan').catch((error: Error) => console.log(error.name));
});
