// An actor that isn't ready yet puts messages aside, and becomes another when it is.

import { ActorSystem, next } from '@heddle/actors';
import type { Context } from '@heddle/actors';

await using system = new ActorSystem();

const door = system.spawn((context: Context<string>) => {
  const closed = (message: string) => {
    if (message !== 'open') return context.stash(message);
    console.log(`the door opens, and ${context.stashed} were waiting`);
    context.unstashAll();
    return next.become(open);
  };
  const open = (message: string) => console.log(`${message} comes in`);
  return closed;
});

for (const message of ['Ada', 'Grace', 'open', 'Barbara']) door.tell(message);
