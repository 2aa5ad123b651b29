/**
 * Writes the parts that several kinds of records have in common.
 * Each returns the word after what it wrote, and needs no more room than every record has.
 */
import { work as shared } from './scratch.ts';
import * as tags from './tags.ts';

const { COUNT_FOLLOWS, head } = tags;
const work = shared;

/** Writes the first word of a record with a count, and the count behind it where it does not fit. */
export function writeCount(tag: number, count: number, at: number): number {
  const words = work.i32;
  if (count < COUNT_FOLLOWS) {
    words[at] = head(tag, count);
    return at + 1;
  }
  words[at] = head(tag, COUNT_FOLLOWS);
  words[at + 1] = count;
  return at + 2;
}

/** Writes eight aligned bytes behind this first word, so that they are written and read in one go. */
export function writeDouble(first: number, value: number, at: number): number {
  const words = work.i32;
  const pair = (at + 2) >> 1;
  words[at + 1] = 0;
  words[at] = first;
  work.f64[pair] = value;
  return (pair << 1) + 2;
}
