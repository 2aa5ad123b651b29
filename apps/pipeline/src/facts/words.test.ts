import { expect, test } from 'vitest';
import { random } from '../../test/random.ts';
import { KeywordSet } from './keyword-set.ts';
import { fold } from './word.ts';
import { WordFinder, type Words } from './words.ts';

const finder = new WordFinder();

interface Found extends Omit<Words, 'words'> {
  readonly words: readonly string[];
}

function find(text: string, keywords?: ReadonlySet<string>): Found {
  const { words, ...numbers } = finder.find(Buffer.from(text), keywords && new KeywordSet(keywords));
  return { ...numbers, words: Buffer.from(words).toString().split(' ').slice(0, -1).sort() };
}

/** The same, in the simplest way. Words must be short: it knows nothing of pieces. */
function naive(text: string, keywords?: ReadonlySet<string>): Found {
  const words = text.match(/[\w$\u{80}-\u{10ffff}]+/gu) ?? [];
  const names = new Set(words.filter(word => !/^\d/.test(word) && !keywords?.has(word)));
  return {
    tokens: words.length,
    lines: text.split('\n').length - 1,
    identifiers: keywords === undefined ? 0 : names.size,
    words: [...new Set(words.map(fold))].sort(),
  };
}

test('the words of a text, each once, without regard to case', () => {
  expect(find('let Hello = hello(WORLD_1); // größe Größe 10\n', new Set(['let']))).toEqual({
    tokens: 7,
    lines: 1,
    identifiers: 5,
    words: ['10', 'größe', 'hello', 'let', 'world_1'],
  });
});

test('the same as a naive implementation finds, in random texts', () => {
  const next = random(1);
  const alphabet = [...'abABcxyz019_$  \n\t.,-()äÄßσς日語😀\u0000\u212A\u017F'];
  const keywords = new Set(['a', 'ab', 'if', 'x']);
  for (let round = 0; round < 2000; round += 1) {
    const text = Array.from({ length: next(200) }, () => alphabet[next(alphabet.length)]).join('');
    expect(find(text, keywords)).toEqual(naive(text, keywords));
  }
});

test('a hundred thousand different words', () => {
  const text = Array.from({ length: 100_000 }, (_, i) => `w${i} W${i}`).join('\n');
  const found = find(text, new Set());
  expect(found.tokens).toBe(200_000);
  expect(found.identifiers).toBe(200_000);
  expect(found.words).toHaveLength(100_000);
});

test('a word of more than 64 bytes is indexed in pieces that overlap', () => {
  const word = Array.from({ length: 100 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  const pieces = [word.slice(0, 64), word.slice(32, 96), word.slice(64)];
  expect(find(word.toUpperCase()).words).toEqual(pieces.sort());
});

test('every part of up to 26 bytes of a long word lies within one of its pieces', () => {
  const next = random(2);
  const alphabet = [...'abé日😀'];
  for (let round = 0; round < 300; round += 1) {
    const letters = Array.from({ length: 30 + next(100) }, () => alphabet[next(alphabet.length)]);
    const { words } = find(letters.join(''));
    const start = next(letters.length);
    let part = '';
    for (let i = start; i < letters.length && Buffer.byteLength(part + letters[i]) <= 26; i += 1)
      part += letters[i];
    expect(words.some(word => word.includes(part))).toBe(true);
    expect(words.every(word => Buffer.byteLength(word) <= 64 && !word.includes('\uFFFD'))).toBe(true);
  }
});

test('nothing in nothing', () => {
  expect(find('')).toEqual({ tokens: 0, lines: 0, identifiers: 0, words: [] });
  expect(find('\n\n', new Set())).toEqual({ tokens: 0, lines: 2, identifiers: 0, words: [] });
});
