// An actor: a state that nobody else can touch. It handles one message at a time, so it needs no lock.

import { ActorSystem, actor } from '@heddle/actors';
import type { Context, Reply } from '@heddle/actors';
import { main } from '@heddle/core';

type Message = { type: 'add'; by: number } | { type: 'get'; reply: Reply<number> };

export const counter = actor(import.meta, function counter(_context: Context<Message>, start: number) {
  let count = start;
  return (message: Message) => {
    if (message.type === 'add') count += message.by;
    else message.reply.tell(count);
  };
});

main(import.meta, async () => {
  const system = new ActorSystem({ threads: 1 });
  const here = system.spawn(counter, { args: [0] });
  const elsewhere = system.spawn(counter, { args: [100], placement: 'leastLoaded' });
  for (const ref of [here, elsewhere]) {
    for (let n = 1; n <= 10; n++) ref.tell({ type: 'add', by: n });
    console.log('count:', await ref.ask({ type: 'get' }));
  }
  await system.stop();
});
