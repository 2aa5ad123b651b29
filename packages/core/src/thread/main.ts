/** `main`: lets one file declare tasks and be the program, as Python's `if __name__ == '__main__'`. */
import { isRootThread } from '../memory/birth.ts';

interface NodeLike {
  argv?: string[];
  getBuiltinModule?(id: string): unknown;
}

/** The module that the program was started with, if the platform says so. */
function isEntry(meta: ImportMeta & { main?: boolean }): boolean {
  if (typeof meta.main === 'boolean') return meta.main;
  const process = (globalThis as { process?: NodeLike }).process;
  const script = process?.argv?.[1];
  if (script === undefined) return true;
  const { pathToFileURL } = process!.getBuiltinModule!('node:url') as { pathToFileURL(path: string): URL };
  const { realpathSync } = process!.getBuiltinModule!('node:fs') as { realpathSync(path: string): string };
  for (const candidate of [script, `${script}.js`, `${script}.ts`, `${script}/index.js`]) {
    try {
      if (pathToFileURL(realpathSync(candidate)).href === meta.url) return true;
    } catch {
      // Not a file: the next candidate.
    }
  }
  return false;
}

/**
 * Runs `program` if this module is the one that the program was started with, in the thread where it began; does nothing in threads and
 * where the module is merely imported. An error is the program's: it ends the process with code 1 as any uncaught error does.
 * Throws `TypeError` for what is no `import.meta` or no function. Source: Python's `if __name__ == '__main__'`.
 *
 * @example
 * ```ts
 * export const square = task(import.meta, function square(n: number) { return n * n; });
 * main(import.meta, async () => {
 *   const thread = new Thread(square, { args: [7] }).start();
 *   console.log(await thread.resultAsync()); // => 49
 * });
 * ```
 */
export function main(meta: ImportMeta, program: () => unknown): void {
  // Who forgets it would have a program that never runs.
  if (typeof meta !== 'object' || meta === null)
    throw new TypeError('main: the first argument must be import.meta; write main(import.meta, () => { … })');
  if (typeof program !== 'function')
    throw new TypeError(`main: program must be a function, got ${String(program)} (${typeof program})`);
  if (!isRootThread() || !isEntry(meta)) return;
  void (async () => program())();
}
