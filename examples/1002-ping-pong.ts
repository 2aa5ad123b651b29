// Two actors that throw a ball to each other, on one thread and on two. A ref can be sent in a message.

import { ActorSystem, actor, next } from '@heddle/actors';
import type { ActorRef, Context } from '@heddle/actors';
import { main } from '@heddle/core';

type Ball = { type: 'ball'; left: number; from: ActorRef<Ball> };

export const player = actor(import.meta, function player(context: Context<Ball>) {
  return ({ left, from }: Ball) => {
    from.tell({ type: 'ball', left: left - 1, from: context.self });
    return left > 1 ? undefined : next.stop();
  };
});

main(import.meta, async () => {
  const system = new ActorSystem({ threads: 2, report: () => {} });
  for (const keys of [undefined, ['a', 'b']]) {
    const [ping, pong] = [0, 1].map(n =>
      system.spawn(player, keys === undefined ? {} : { placement: { key: keys[n]! } }),
    );
    const stopped = ping!.whenStopped();
    ping!.tell({ type: 'ball', left: 1001, from: pong! });
    console.log(keys === undefined ? 'on one thread:' : 'on two threads:', (await stopped).type);
  }
  await system.stop();
});
