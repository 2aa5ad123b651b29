/** The task of the pools that `executor.ts` compares with: they load a module in each worker and call its default export. */
export default function increment(n: number): number {
  return n + 1;
}
