// Decides how the word index narrows down where a text can be. Whatever it decides, no file that holds the text is missed: the
// text's own words, cut and folded as those of the files are, must be in each file that holds it.
//
// A word of the text with separators on both sides is a word of the file too. The last one may go on in the file, so it is the
// beginning of one. The first one may have begun earlier, so it is the end, or if it is also the last one, any part of one.

import { BYTE_CLASS, cut, fold, PART_BYTES, PIECE_BYTES, SEPARATOR } from '../facts/word.ts';

export type Plan =
  /** Files that match this FTS5 query. */
  | { readonly by: 'words'; readonly match: string }
  /** Files with a word that contains this part. */
  | { readonly by: 'part'; readonly part: string }
  /** Every file: the text has no word. */
  | { readonly by: 'scan' };

/** In bytes; a shorter part of a word is in so many words that they narrow nothing down. */
const SHORTEST_PART = 3;

/** Plans the search for `text`, in either case. */
export function plan(text: string): Plan {
  const bytes = Buffer.from(fold(text));
  const conditions: string[] = [];
  let firstPart = '';
  for (let start = nextWord(bytes, 0); start < bytes.length;) {
    const end = wordEnd(bytes, start);
    const opens = start > 0;
    const closes = end < bytes.length;
    if (opens && closes) conditions.push(quoted(bytes, start, Math.min(end, start + PIECE_BYTES)));
    // Half a piece, because a word that is longer than a piece may have been cut just before its end.
    else if (opens) conditions.push(`${quoted(bytes, start, Math.min(end, start + PIECE_BYTES / 2))} *`);
    else firstPart = decoded(bytes, start, Math.min(end, start + PART_BYTES));
    start = nextWord(bytes, end);
  }
  if (conditions.length > 0) return { by: 'words', match: conditions.join(' AND ') };
  return Buffer.byteLength(firstPart) >= SHORTEST_PART ? { by: 'part', part: firstPart } : { by: 'scan' };
}

function nextWord(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && BYTE_CLASS[bytes[at]!] === SEPARATOR) at += 1;
  return at;
}

function wordEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && BYTE_CLASS[bytes[at]!] !== SEPARATOR) at += 1;
  return at;
}

/** No word contains a quote, so nothing needs escaping. */
function quoted(bytes: Buffer, start: number, limit: number): string {
  return `"${decoded(bytes, start, limit)}"`;
}

function decoded(bytes: Buffer, start: number, limit: number): string {
  return bytes.toString('utf8', start, limit < bytes.length ? cut(bytes, limit) : limit);
}
