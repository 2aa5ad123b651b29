// The check must be able to fail: what it lets through and what it doesn't.

import { describe, expect, test } from 'vitest';
import { compare, compareText, observe, readOutput } from '../src/expectations.ts';
import { parseMarkdown } from '../src/markdown.ts';
import { followLinks } from '../src/links.ts';

describe('what a line should print', () => {
  const check = (code: string, output: string): (string | undefined)[] => {
    const { expectations } = observe(code);
    const { printed } = readOutput(output);
    return expectations.map(each => compare(each, printed));
  };

  test('is compared by the number of the line', () => {
    const { code } = observe('console.log(a + b); // => 3');
    expect(code).toBe(String.raw`console.log('\u00011\u0002', a + b);`);
    expect(check('console.log(a + b); // => 3', '\u00011\u0002 3\n')).toEqual([undefined]);
  });

  test('another value, and none, are wrong', () => {
    expect(check('sum; // => 3', '\u00011\u0002 4\n')).toEqual(['line 1 should print 3, and printed 4']);
    expect(check('sum; // => 3', '')).toEqual(['line 1 should print 3, and was never reached']);
  });

  test('is a list where the line runs several times', () => {
    const code = 'for (const n of all) console.log(n); // => 1, 2';
    expect(check(code, '\u00011\u0002 1\n\u00011\u0002 2\n')).toEqual([undefined]);
    expect(check(code, '\u00011\u0002 2\n\u00011\u0002 1\n')).not.toEqual([undefined]);
  });

  test('an arrow behind a declaration is an error, since nobody would look at it', () => {
    expect(() => observe('const a = 1; // => 1')).toThrow(/line 1/);
  });
});

describe('what a program should print', () => {
  test('is compared line by line; … stands for what differs', () => {
    expect(compareText('a\n…\nd 7\n', 'a\nb\nc\nd 7\n', false)).toBeUndefined();
    expect(compareText('took … ms\n', 'took 12 ms\n', false)).toBeUndefined();
    expect(compareText('a\nb\n', 'b\na\n', false)).toBeDefined();
    expect(compareText('a\nb\n', 'b\na\n', true)).toBeUndefined();
    expect(compareText('a\n', 'a\nb\n', false)).toBeDefined();
  });
});

describe('a document', () => {
  const text =
    '# A `title`\n\n[a](#a-title) [b](#nowhere) [c](missing.md)\n\n<!-- only types -->\n```ts\nlet a;\n```\n';

  test('has blocks with the notes above them', () => {
    expect(parseMarkdown(text).blocks).toEqual([
      { language: 'ts', meta: '', code: 'let a;\n', line: 7, notes: ['only types'] },
    ]);
  });

  test('has links that are followed', () => {
    const { broken } = followLinks([{ path: 'README.md', text, ...parseMarkdown(text) }]);
    expect(broken).toHaveLength(2);
  });
});
