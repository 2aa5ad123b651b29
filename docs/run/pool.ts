// A pool that looks for long Collatz sequences.
import { ThreadPoolExecutor, task } from '@heddle/core';

export const collatz = task(import.meta, function collatz(from: number, to: number): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = Math.max(1, from); start < to; start++) {
    let steps = 0;
    for (let n = start; n > 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps += 1;
    if (steps > best[1]) best = [start, steps];
  }
  return best;
});

export async function run(print: (text: string) => void): Promise<void> {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 4 });
  const starts = Array.from({ length: 10 }, (_, n) => n * 50_000);
  const found = await Promise.all(starts.map(from => pool.submit(collatz, from, from + 50_000)));
  const [start, steps] = found.reduce((a, b) => (b[1] > a[1] ? b : a));
  print(`the longest sequence below 500,000 begins at ${start} and takes ${steps} steps`);
}
