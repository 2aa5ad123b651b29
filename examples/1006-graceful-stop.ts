// Stopping: an actor handles what it had accepted before it ends; one that is in the middle of something long looks at its stop event.

import { ActorSystem, actor, behavior } from '@heddle/actors';
import type { ActorRef, Context } from '@heddle/actors';
import { main, sleep } from '@heddle/core';

export const searcher = actor(
  import.meta,
  function searcher(context: Context<'search'>, log: ActorRef<string>) {
    return behavior({
      receive(_message: 'search') {
        while (!context.stopEvent.isSet) sleep(1);
        log.tell('searcher: gave up the search');
      },
      stopped: reason => log.tell(`searcher: ended with ${reason.type}`),
    });
  },
);

main(import.meta, async () => {
  const system = new ActorSystem({ threads: 1 });
  const log = system.spawn((_context: Context<string>) => (line: string) => console.log(line));
  const search = system.spawn(searcher, { args: [log], placement: 'leastLoaded' });
  search.tell('search');
  const saver = system.spawn((_context: Context<number>) => async (n: number) => {
    await Promise.resolve(); // writes a file, say
    console.log('saver: saved', n);
  });
  for (let n = 1; n <= 3; n++) saver.tell(n);
  await system.stop(); // last started first: saver, searcher, log
  console.log('all have ended');
});
