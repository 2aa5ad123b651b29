/** A program that lends a function to an actor of another thread, and ends when it has stopped its system. */
import { proxy } from 'comlink';
import { ActorSystem, wrap } from '../src/index.ts';
import { account } from './threads.fixture.ts';

const system = new ActorSystem({ threads: 1 });
const remote = wrap(system.spawn(account, { args: [100], placement: 'leastLoaded' }));
const left: number[] = [];
await remote.each(
  [1, 2],
  proxy((each: number) => void left.push(each)),
);
while (left.length < 2) await new Promise(resolve => setTimeout(resolve, 1));
await system.stop();
console.log(left.join());
