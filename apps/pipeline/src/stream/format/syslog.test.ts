import { describe, expect, it } from 'vitest';
import { parseSyslog } from './syslog.ts';

describe('parseSyslog', () => {
  it('reads the examples of RFC 5424', () => {
    expect(
      parseSyslog(
        `<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \uFEFF'su root' failed for lonvick on /dev/pts/8`,
      ),
    ).toEqual({
      facility: 4,
      severity: 2,
      timestamp: '2003-10-11T22:14:15.003Z',
      hostname: 'mymachine.example.com',
      appName: 'su',
      procId: null,
      msgId: 'ID47',
      structuredData: {},
      message: `'su root' failed for lonvick on /dev/pts/8`,
    });
    const second = parseSyslog(
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
    );
    expect(second).toMatchObject({
      facility: 20,
      severity: 5,
      procId: '8710',
      message: "%% It's time to make the do-nuts.",
    });
    const data =
      '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]';
    const third = parseSyslog(
      `<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 ${data}`,
    );
    expect(third.message).toBe('');
    expect(JSON.parse(JSON.stringify(third.structuredData))).toEqual({
      'exampleSDID@32473': { iut: '3', eventSource: 'Application', eventID: '1011' },
      'examplePriority@32473': { class: 'high' },
    });
  });

  it('knows the three characters that are escaped, and leaves other backslashes', () => {
    const { structuredData } = parseSyslog(String.raw`<0>1 - - - - - [a b="\"\\\]\n"]`);
    expect(structuredData['a']!['b']).toBe(String.raw`"\]\n`);
  });

  it('an element called __proto__ is an element', () => {
    expect(Object.keys(parseSyslog('<0>1 - - - - - [__proto__ a="1"]').structuredData)).toEqual([
      '__proto__',
    ]);
  });

  it.each([
    ['', 'an empty message'],
    ['hello', 'character 1: expected <priority>version'],
    ['<192>1 - - - - - -', 'at most 191'],
    ['<34>2 - - - - - -', 'version 2 is not known'],
    ['<34>1 yesterday - - - - -', '"yesterday" is not a timestamp'],
    ['<34>1 2026-13-01T00:00:00Z - - - - -', 'is not a timestamp'],
    ['<34>1 - - - -', 'the message ends after its procid'],
    [`<34>1 - - ${'a'.repeat(49)} - - -`, 'app-name must be at most 48'],
    ['<34>1 - hö - - - -', 'hostname must be printable ASCII'],
    ['<34>1 - - - - - x', 'expected structured data in brackets'],
    ['<34>1 - - - - - [a b="c]', '] must be written'],
    ['<34>1 - - - - - [a b="c', 'has no end'],
    ['<34>1 - - - - - [a b=c]', 'expected ="…" after b'],
    ['<34>1 - - - - - [a][a]', 'occurs twice'],
    ['<34>1 - - - - - -x', 'expected a space before the message'],
  ])('refuses %j', (text, error) => {
    expect(() => parseSyslog(text)).toThrow(error);
  });
});
