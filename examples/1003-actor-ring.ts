// A thousand actors in a ring pass a token a hundred times round. Actors are small: nobody minds a thousand.

import { ActorSystem } from '@heddle/actors';
import type { ActorRef, Context } from '@heddle/actors';

const MEMBERS = 1000;
const ROUNDS = 100;

const system = new ActorSystem();
const { promise: finished, resolve: finish } = Promise.withResolvers<number>();

/** Passes on what it gets; the last member is told whom it precedes by the first message. */
function member(_context: Context<number | ActorRef<number>>, next?: ActorRef<number>) {
  let to = next;
  return (message: number | ActorRef<number>) => {
    if (typeof message !== 'number') to = message;
    else if (message === MEMBERS * ROUNDS) finish(message);
    else to!.tell(message + 1);
  };
}

const last = system.spawn(member, { args: [] });
let first: ActorRef<number> = last;
for (let n = 1; n < MEMBERS; n++) first = system.spawn(member, { args: [first] });
last.tell(first);
first.tell(0);
console.log('hops:', await finished);
await system.stop();
