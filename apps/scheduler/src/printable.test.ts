import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test.each([
  ['plain text, Grüße, 你好, 👩‍👩‍👧', 'plain text, Grüße, 你好, 👩‍👩‍👧'],
  ['two\nlines\tand columns\r\n', 'two\nlines\tand columns\n'],
  ['\u001B[31mred\u001B[0m', String.raw`\x1b[31mred\x1b[0m`],
  ['\u001B]52;c;ZXZpbA==\u0007', String.raw`\x1b]52;c;ZXZpbA==\x07`],
  ['100 %\r  0 %', String.raw`100 %\x0d  0 %`],
  ['a\u0000b\u007F', String.raw`a\x00b\x7f`],
  ['\u009B2J', String.raw`\x9b2J`],
  ['user\u202Etxt.exe', String.raw`user\u202etxt.exe`],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
