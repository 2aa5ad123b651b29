// A thread that dies takes its actors with it. Their supervisor starts them again on the thread that takes its place, under the same refs, and
// they get the messages that were waiting in shared memory.

import { ActorSystem, Supervisor, actor, supervisor } from '@heddle/actors';
import type { Context, Reply } from '@heddle/actors';
import { main, sleep } from '@heddle/core';

type Message = { type: 'add' } | { type: 'pause' } | { type: 'die' } | { type: 'get'; reply: Reply<number> };

export const fragile = actor(import.meta, function fragile(_context: Context<Message>) {
  let count = 0;
  return (message: Message) => {
    if (message.type === 'add') count += 1;
    else if (message.type === 'pause') sleep(20);
    else if (message.type === 'die') process.exit(1); // ends this thread, not the process
    else message.reply.tell(count);
  };
});

main(import.meta, async () => {
  const system = new ActorSystem({ threads: 1, report: report => console.log(`(${report.type})`) });
  const child = { id: 'fragile', start: fragile, options: { placement: 'leastLoaded' } } as const;
  const shop = new Supervisor(system.spawn(supervisor({ children: [child] })));
  const ref = (await shop.child(fragile, 'fragile'))!;
  ref.tell({ type: 'pause' });
  ref.tell({ type: 'die' });
  for (let n = 0; n < 50; n++) ref.tell({ type: 'add' });
  console.log('counted by the next instance:', await ref.ask({ type: 'get' }));
  await system.stop();
});
