// A pipeline of three stages that ends by itself: each stage shuts its output down when its input has come to an end.

import { Queue, Thread, main, task } from '@heddle/core';

export const split = task(import.meta, function split(lines: Queue<string>, words: Queue<string>) {
  for (const line of lines) words.putMany(line.split(' '));
  words.shutdown();
});

export const measure = task(import.meta, function measure(words: Queue<string>, lengths: Queue<number>) {
  for (const word of words) lengths.put(word.length);
  lengths.shutdown();
});

main(import.meta, async () => {
  const lines = new Queue<string>({ maxsize: 2 });
  const words = new Queue<string>({ maxsize: 10 });
  const lengths = new Queue<number>({ maxsize: 10 });
  new Thread(split, { args: [lines, words] }).start();
  new Thread(measure, { args: [words, lengths] }).start();

  for (const line of ['the warp and the weft', 'are held apart', 'by heddles']) await lines.putAsync(line);
  lines.shutdown();
  const received: number[] = [];
  for await (const length of lengths) received.push(length);
  console.log(received.join(' '));
});
