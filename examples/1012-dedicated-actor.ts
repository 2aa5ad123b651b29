// An actor with a thread to itself: it blocks for its messages and burns as long as it likes. When its thread dies, its supervisor starts another.

import { ActorSystem, Supervisor, dedicated, supervisor } from '@heddle/actors';
import type { DedicatedContext, Reply } from '@heddle/actors';
import { main } from '@heddle/core';

type Job = { type: 'fib'; n: number; reply: Reply<number> } | { type: 'die' };

const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2));

export const mathematician = dedicated(import.meta, function mathematician(context: DedicatedContext<Job>) {
  for (const job of context) {
    if (job.type === 'die') process.exit(1); // ends this thread only
    job.reply.tell(fib(job.n));
  }
});

main(import.meta, async () => {
  const system = new ActorSystem({ report: () => {} });
  const office = new Supervisor(system.spawn(supervisor({ children: [{ id: 'm', start: mathematician }] })));
  const ref = (await office.child(mathematician, 'm'))!;
  console.log('before:', await ref.ask({ type: 'fib', n: 20 }));
  ref.tell({ type: 'die' });
  console.log('after: ', await ref.ask({ type: 'fib', n: 25 }));
  await system.stop();
});
