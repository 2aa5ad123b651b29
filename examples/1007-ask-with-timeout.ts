// Questions: an answer, no answer in time, and an answer that comes too late, which reaches nobody.

import { ActorSystem } from '@heddle/actors';
import type { Context, Reply } from '@heddle/actors';

type Question = { type: 'double'; n: number; afterMs: number; reply: Reply<number> };

await using system = new ActorSystem({ report: () => {} });
system.deadLetters.subscribe(({ message, reason }) => console.log('dead letter:', message, reason));

const slow = system.spawn((_context: Context<Question>) => async ({ n, afterMs, reply }: Question) => {
  await new Promise(resolve => setTimeout(resolve, afterMs));
  reply.tell(n * 2);
});

console.log('answer:', await slow.ask({ type: 'double', n: 21, afterMs: 0 }));
try {
  await slow.ask({ type: 'double', n: 50, afterMs: 60 }, { timeout: 20 });
} catch (error) {
  console.log('no answer:', (error as Error).name);
}
console.log('next answer:', await slow.ask({ type: 'double', n: 2, afterMs: 0 }));
system.exit(slow, { type: 'shutdown' });
await slow.whenStopped();
await slow
  .ask({ type: 'double', n: 1, afterMs: 0 })
  .catch((error: Error) => console.log('at once:', error.message));
