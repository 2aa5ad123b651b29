// What each thread needs before its first task: an initializer. If it fails, the pool is broken, and says so.

import { ThreadPoolExecutor, main, task } from '@heddle/core';

// Each thread has its own.
let dictionary: Map<string, string> | undefined;

export const openDictionary = task(
  import.meta,
  function openDictionary(words: Array<[string, string]>): void {
    if (words.length === 0) throw new Error('the dictionary is empty');
    dictionary = new Map(words);
  },
);

export const translate = task(import.meta, function translate(word: string): string {
  return dictionary?.get(word) ?? '?';
});

main(import.meta, async () => {
  const words: Array<[string, string]> = [
    ['thread', 'Faden'],
    ['loom', 'Webstuhl'],
  ];
  using pool = new ThreadPoolExecutor({ maxWorkers: 2, initializer: openDictionary, initArgs: [words] });
  console.log([...pool.map(translate, [['thread', 'loom', 'heddle']])]);

  using broken = new ThreadPoolExecutor({
    initializer: openDictionary,
    initArgs: [[]],
    threadNamePrefix: 'broken',
  });
  console.log(String(broken.submit(translate, 'thread').exception()?.error));
});
