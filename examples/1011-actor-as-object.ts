// An actor as an object: comlink makes a typed proxy of it, on whatever thread it is. Its methods run one at a time, also async ones.

import { ActorSystem, objectActor, wrap } from '@heddle/actors';
import type { Context } from '@heddle/actors';
import { main } from '@heddle/core';

export const account = objectActor(import.meta, function account(_context: Context<never>, start: number) {
  let balance = start;
  return {
    async withdraw(amount: number): Promise<number> {
      const before = balance;
      await Promise.resolve(); // a lost update, if two calls could run at the same time
      if (amount > before) throw new RangeError(`only ${before} left`);
      return (balance = before - amount);
    },
  };
});

main(import.meta, async () => {
  const system = new ActorSystem({ threads: 1 });
  const remote = wrap(system.spawn(account, { args: [100], placement: 'leastLoaded' }));
  console.log(await Promise.all([remote.withdraw(10), remote.withdraw(20), remote.withdraw(30)]));
  await remote.withdraw(50).catch((error: Error) => console.log(error.name, error.message));
  await system.stop();
});
