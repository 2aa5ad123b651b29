import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { bytesOf } from '../cargo.ts';
import type { Fact, TextFact } from '../message.ts';
import { unpack } from './body.ts';
import { Parser } from './parse.ts';

const parser = new Parser(size => new Uint8Array(size));

function parse(bytes: Uint8Array, known?: Uint8Array): Fact {
  return parser.parse({ kind: 'text', path: 'a.ts', content: bytes, known });
}

function parseText(
  bytes: Uint8Array,
): Omit<TextFact, 'stored' | 'bodyBytes'> & Record<'body' | 'words', Buffer> {
  const fact = parse(bytes);
  if (fact.kind !== 'text') throw new Error(`not a text: ${fact.kind}`);
  const { stored, bodyBytes, ...rest } = fact;
  const both = Buffer.from(bytesOf(stored));
  return { ...rest, body: both.subarray(0, bodyBytes), words: both.subarray(bodyBytes) };
}

test('the facts of a text', () => {
  const text = Buffer.from('const a = 1;\nfoo(a, b)');
  const { hash, body, words, ...facts } = parseText(text);
  expect(facts).toEqual({
    kind: 'text',
    path: 'a.ts',
    language: 'TypeScript',
    bytes: text.length,
    lines: 1,
    unterminated: true,
    tokens: 6,
    identifiers: 3,
    replaced: 0,
  });
  expect(unpack(body)).toEqual(text);
  expect(words.toString()).toBe('const a 1 foo b ');
  expect(Buffer.from(hash)).toEqual(createHash('sha256').update(text).digest());
});

test('bytes that are not UTF-8 become U+FFFD and are counted; those that were there before are not', () => {
  const bytes = Buffer.concat([Buffer.from('a\uFFFDb '), Buffer.from([0xff, 0x20, 0xc3, 0x28, 0x0a])]);
  const fact = parseText(bytes);
  expect(fact.replaced).toBe(2);
  expect(fact.bytes).toBe(bytes.length);
  expect(fact.lines).toBe(1);
  expect(unpack(fact.body).toString()).toBe('a\uFFFDb \uFFFD \uFFFD(\n');
});

test('a byte order mark is kept', () => {
  const bytes = Buffer.from('\uFEFFa\xFF', 'latin1');
  const marked = Buffer.concat([Buffer.from('\uFEFFa'), bytes.subarray(-1)]);
  expect(unpack(parseText(marked).body).toString()).toBe('\uFEFFa\uFFFD');
});

test('an empty file has no lines and no unterminated one', () => {
  expect(parseText(new Uint8Array(0))).toMatchObject({ lines: 0, unterminated: false, tokens: 0, bytes: 0 });
});

test('a text that the index holds already is not looked at again', () => {
  const { hash } = parseText(Buffer.from('same'));
  expect(parse(Buffer.from('same'), hash)).toEqual({ kind: 'unchanged', path: 'a.ts', bytes: 4 });
  expect(parse(Buffer.from('other'), hash).kind).toBe('text');
});

test('the hash, which travels as an array, takes no more memory along than it needs', () => {
  expect(parseText(Buffer.from('x')).hash.buffer.byteLength).toBe(32);
});

test('notices pass through', () => {
  const gone = { kind: 'gone', path: 'x' } as const;
  expect(parser.parse(gone)).toBe(gone);
});
