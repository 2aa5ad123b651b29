import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';
import { FramingError, SyslogSplitter } from './syslog-splitter.ts';

type Event = [kind: 'line' | 'tooLong', text: string, start: number, end: number];
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function collect(): { events: Event[]; handler: ConstructorParameters<typeof LineSplitter>[0] } {
  const events: Event[] = [];
  const add =
    (kind: 'line' | 'tooLong') =>
    (line: Uint8Array, start: number, end: number): void => {
      events.push([kind, decode(line), start, end]);
    };
  return { events, handler: { line: add('line'), tooLong: add('tooLong') } };
}

describe('LineSplitter', () => {
  it.each([1, 2, 3, 5, 100])(
    'gives the same lines and offsets whatever the pieces are (%i bytes each)',
    size => {
      const whole = bytes('one\ntwo\r\n\n…\r\nlast');
      const { events, handler } = collect();
      const splitter = new LineSplitter(handler, 100, 10);
      for (let at = 0; at < whole.length; at += size) splitter.push(whole.subarray(at, at + size));
      expect(splitter.pending).toBe(true);
      splitter.end();
      expect(events).toEqual([
        ['line', 'one', 10, 14],
        ['line', 'two', 14, 19],
        ['line', '', 19, 20],
        ['line', '…', 20, 25],
        ['line', 'last', 25, 29],
      ]);
      expect(splitter.pending).toBe(false);
    },
  );

  it.each([1, 7, 1000])(
    'takes a line of the greatest length, and refuses a longer one with its beginning, and no other (%i bytes at once)',
    size => {
      const { events, handler } = collect();
      const splitter = new LineSplitter(handler, 5);
      const whole = bytes('12345\r\n123456\n12345678901234\nab\n');
      for (let at = 0; at < whole.length; at += size) splitter.push(whole.subarray(at, at + size));
      expect(events.map(([kind]) => kind)).toEqual(['line', 'tooLong', 'tooLong', 'line']);
      expect(events[0]![1]).toBe('12345');
      expect(events[1]![1]).toBe('123456');
      expect(events[2]!.slice(2)).toEqual([14, 29]);
      expect(events[3]).toEqual(['line', 'ab', 29, 32]);
    },
  );

  it('copies what it keeps: the buffer may be used again', () => {
    const { events, handler } = collect();
    const splitter = new LineSplitter(handler, 100);
    const buffer = bytes('ab');
    splitter.push(buffer);
    buffer.fill(120);
    splitter.push(bytes('c\n'));
    expect(events[0]![1]).toBe('abc');
  });
});

describe('SyslogSplitter', () => {
  it.each([1, 3, 1000])('tells both framings apart message by message (%i bytes at once)', size => {
    const { events, handler } = collect();
    const splitter = new SyslogSplitter(handler, 100);
    const whole = bytes('5 <1>a\n<2>line\n8 <3>\nb\nc\n\n<4>x\n');
    for (let at = 0; at < whole.length; at += size) splitter.push(whole.subarray(at, at + size));
    expect(events.map(([, text]) => text)).toEqual(['<1>a\n', '<2>line', '<3>\nb\nc\n', '<4>x']);
    expect(splitter.pending).toBe(false);
  });

  it.each(['101 x', '1234567890', '12<', '9x'])('refuses a broken frame: %s', text => {
    const splitter = new SyslogSplitter(collect().handler, 100);
    expect(() => splitter.push(bytes(text))).toThrow(FramingError);
  });

  it('refuses a connection that ends in a counted message', () => {
    const splitter = new SyslogSplitter(collect().handler, 100);
    splitter.push(bytes('20 <1>abc'));
    expect(() => splitter.end()).toThrow('in the middle of a message');
  });
});
