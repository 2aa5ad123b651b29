import { expect, test } from 'vitest';
import { keywordsOf, languageOf } from './language.ts';
import { hashBytes } from './word-set.ts';

test.each([
  ['src/cli.ts', '', 'TypeScript'],
  ['lib/X.MJS', '', 'JavaScript'],
  ['a.d.ts.map', '', 'Source map'],
  ['README', '', 'Text'],
  ['README.md', '', 'Markdown'],
  ['CMakeLists.txt', '', 'CMake'],
  ['bin/run', '#!/usr/bin/env node\n', 'JavaScript'],
  ['bin/run', '#!/bin/sh', 'Shell'],
  ['bin/run', '#!/usr/bin/env python3\nimport node', 'Python'],
  ['bin/run', '# node', 'Other'],
  ['.gitignore', '', 'Other'],
  ['folder.ts/file', '', 'Other'],
  ['x.constructor', '', 'Other'],
  ['toString', '', 'Other'],
])('%s with %j is %s', (path, text, language) => {
  expect(languageOf(path, Buffer.from(text))).toBe(language);
});

test('a language that names things has words that name nothing; prose has none', () => {
  const isKeyword = (language: string, word: string): boolean | undefined => {
    const bytes = Buffer.from(word);
    return keywordsOf(language)?.has(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  };
  expect(isKeyword('TypeScript', 'interface')).toBe(true);
  expect(isKeyword('JavaScript', 'interface')).toBe(false);
  expect(isKeyword('JavaScript', 'Await')).toBe(false);
  expect(isKeyword('Markdown', 'interface')).toBeUndefined();
});
