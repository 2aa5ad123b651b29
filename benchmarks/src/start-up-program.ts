/** What `start-up.ts` starts: prints how many threads came to their end. Arguments: `heddle`, `actors` or `raw`, and how many. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

async function heddle(count: number): Promise<number> {
  const { Thread } = await import('@heddle/core');
  const threads = Array.from({ length: count }, (_, n) =>
    new Thread((m: number) => m, { args: [n] }).start(),
  );
  let ended = 0;
  for (const [n, thread] of threads.entries()) if ((await thread.resultAsync()) === n) ended += 1;
  return ended;
}

async function actors(count: number): Promise<number> {
  const { ActorSystem } = await import('@heddle/actors');
  if (count === 0) return 0;
  const { echo } = await import('./start-up-actor.ts');
  const system = new ActorSystem({ threads: count });
  const refs = Array.from({ length: count }, () => system.spawn(echo, { placement: 'leastLoaded' }));
  const answers = await Promise.all(refs.map(async (ref, n) => ref.ask({ n })));
  return answers.filter((answer, n) => answer === n).length;
}

async function raw(count: number): Promise<number> {
  const source = `const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData)`;
  const answers = Array.from({ length: count }, async (_, n) => {
    const worker = new Worker(source, { eval: true, workerData: n });
    const [answer] = (await once(worker, 'message')) as [number];
    return answer === n ? 1 : 0;
  });
  return (await Promise.all(answers)).reduce<number>((sum, right) => sum + right, 0);
}

const [way, count] = process.argv.slice(2);
const ways: Record<string, (count: number) => Promise<number>> = { heddle, actors, raw };
console.log(await ways[way!]!(Number(count)));
process.exit();
