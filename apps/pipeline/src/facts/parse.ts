// Turns one text file into everything that the index stores of it. It depends on nothing but the job, so any number of threads
// can do it at the same time.

import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type Allocate, bytesOf, type Cargo } from '../cargo.ts';
import type { Fact, Job, TextJob } from '../message.ts';
import { pack } from './body.ts';
import { keywordsOf, languageOf } from './language.ts';
import { WordFinder } from './words.ts';

const LINE_FEED = 0x0a;
const REPLACEMENT = Buffer.from('\uFFFD');

/** Parses one file after the other. */
export class Parser {
  readonly #finder = new WordFinder();
  readonly #allocate: Allocate;

  /** What is to be stored of a text is put into what `allocate` returns. */
  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  parse(job: Job): Fact {
    return job.kind === 'text' ? this.#parseText(job) : job;
  }

  #parseText(job: TextJob): Fact {
    const bytes = bytesOf(job.content);
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const digest = hash('sha256', raw, 'buffer');
    if (job.known !== undefined && digest.equals(job.known)) {
      return { kind: 'unchanged', path: job.path, bytes: raw.length };
    }
    const text = isUtf8(raw) ? raw : replaceInvalid(raw);
    const language = languageOf(job.path, text);
    const found = this.#finder.find(text, keywordsOf(language));
    const body = pack(text);
    return {
      kind: 'text',
      path: job.path,
      language,
      bytes: raw.length,
      lines: found.lines,
      unterminated: text.length > 0 && text[text.length - 1] !== LINE_FEED,
      tokens: found.tokens,
      identifiers: found.identifiers,
      replaced: text === raw ? 0 : occurrences(text, REPLACEMENT) - occurrences(raw, REPLACEMENT),
      // A copy in memory of its own: a message takes all the memory along that an array in it is a part of.
      hash: new Uint8Array(digest),
      stored: this.#store(body, found.words),
      bodyBytes: body.length,
    };
  }

  #store(body: Uint8Array, words: Uint8Array): Cargo {
    const stored = this.#allocate(body.length + words.length);
    const bytes = bytesOf(stored);
    bytes.set(body);
    bytes.set(words, body.length);
    return stored;
  }
}

function replaceInvalid(raw: Buffer): Buffer {
  // A byte order mark is text like any other here: what is stored is what was read.
  return Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw));
}

function occurrences(text: Buffer, part: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
