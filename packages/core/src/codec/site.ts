/** What a place of a message remembers: what came there last is likely to come there again, and recognising it is cheaper than looking it up. */
import { work } from './scratch.ts';
import * as tags from './tags.ts';
import { writeText } from './text.ts';

const { head, TEXT_BYTES } = tags;

/** Writes a value into `work` at this word, and returns the word after it. */
export type Write = (value: unknown, at: number, site: Site) => number;
/**
 * Writes a whole record, or returns −1 if the object has other keys or isn't plain: then nothing was written. If it is `unmet`, nothing was noted about it either,
 * which is left to the writer: see `Writing`.
 */
export type WriteObject = (object: object, at: number, unmet: boolean) => number;

/** What a compiled writer needs of the encoder. */
export interface Writing {
  write: Write;
  /** Writes an array of a few numbers, texts and the like. Returns −1 if it is another; then what is behind `at` is void. */
  writeFlat: (array: readonly unknown[], at: number) => number;
  /**
   * Notes where the object is, in case that something inside refers to it. For the outermost object it is put off until something comes that could: not numbers and
   * texts, nor arrays of such, and most messages are no more than that.
   */
  note: (object: object, at: number) => void;
}

/** A text longer than this isn't remembered: comparing it could cost as much as writing it. */
export const LONGEST_REMEMBERED = 24;
/** A place whose texts differ so often in a row isn't one where the same text comes again and again. */
export const MOST_MISSES = 32;
/** The record of such a text, two bytes to the unit. */
export const REMEMBERED_WORDS: number = 1 + LONGEST_REMEMBERED / 2;

/** A place where values come from: the field of a shape, the items of an array there, or what is sent. */
export class Site {
  /** Writes the objects of the shape that came last. */
  writer: WriteObject | undefined = undefined;
  /** The text that came last, and its record. */
  text = '';
  readonly words: Int32Array = new Int32Array(REMEMBERED_WORDS).fill(head(TEXT_BYTES, 0), 0, 1);
  count = 1;
  /** How many in a row were none that came last. */
  misses = 0;
  /** Of the items, when arrays come here. */
  #items: Site | undefined = undefined;

  get items(): Site {
    return (this.#items ??= new Site());
  }
}

/** Writes a text that isn't the one that came here last, and remembers it. */
export function writeNewText(site: Site, text: string, at: number): number {
  const end = writeText(text, at);
  if (site.misses < MOST_MISSES) {
    // Once it is known that each is different, the empty text is what is compared: for any other that is over at the length.
    const { words } = site;
    if (++site.misses === MOST_MISSES) {
      site.text = '';
      site.count = 1;
      words[0] = head(TEXT_BYTES, 0);
    } else {
      site.text = text;
      site.count = end - at;
      const source = work.i32;
      for (let i = at; i < end; i++) words[i - at] = source[i]!;
    }
  }
  return end;
}
