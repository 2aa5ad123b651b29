import { expect, test } from 'vitest';
import { BYTE_CLASS, cut, DIGIT, fold, LETTER, PART_BYTES, SEPARATOR } from './word.ts';

test('characters that a regular expression holds to be equal without regard to case are folded to the same', () => {
  const cased: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if (character.toLowerCase() !== character || character.toUpperCase() !== character) cased.push(character);
  }
  const all = cased.join('');
  for (const character of cased) {
    for (const [equal] of all.matchAll(new RegExp(character, 'giu'))) {
      if (fold(equal) !== fold(character)) expect.fail(`${character} and ${equal} are folded apart`);
    }
  }
  expect(cased.length).toBeGreaterThan(2000);
});

test.each([
  ['Größe', 'größe'],
  ['STRASSE', 'strasse'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
  ['\u212Aelvin', 'kelvin'],
  ['日本語', '日本語'],
  ['', ''],
])('fold(%s) is %s', (text, folded) => {
  expect(fold(text)).toBe(folded);
});

test('a word is made of letters, digits, _, $ and everything beyond ASCII', () => {
  const classes = [...'aZ_$09 -.\n'].map(character => BYTE_CLASS[character.charCodeAt(0)]);
  const letters = [LETTER, LETTER, LETTER, LETTER];
  expect(classes).toEqual([...letters, DIGIT, DIGIT, SEPARATOR, SEPARATOR, SEPARATOR, SEPARATOR]);
  expect(BYTE_CLASS[0x80]).toBe(LETTER);
  expect(BYTE_CLASS[0]).toBe(SEPARATOR);
});

test('a cut never splits a character', () => {
  const bytes = Buffer.from('aé日😀');
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(limit => cut(bytes, limit))).toEqual([1, 1, 3, 3, 3, 6, 6, 6, 6]);
});

test('a part that is looked for within words fits into every overlap of two pieces', () => {
  expect(PART_BYTES).toBe(26);
});
