import { describe, expect, it } from 'vitest';
import { SOON } from '../../test/support/state.ts';
import { Thread, currentThread, getIdent, getLogger, threadBindings } from '../index.ts';
import * as tasks from './logging.fixture.ts';

/** A logger of the kind that makes children, and what it was asked to bind. */
function parent(): { made: object[]; child(bindings: object): { bindings: object } } {
  const made: object[] = [];
  return {
    made,
    child(bindings) {
      made.push(bindings);
      return { bindings };
    },
  };
}

describe('threadBindings', () => {
  it('says which thread it is called in, by the name that it has now', () => {
    expect(threadBindings()).toEqual({ thread: 'MainThread', ident: getIdent() });
    const thread = new Thread(tasks.bindings, { args: ['renamed'], name: 'first' }).start();
    expect(thread.result(SOON)).toEqual([
      { thread: 'first', ident: thread.ident },
      { thread: 'renamed', ident: thread.ident },
    ]);
  });
});

describe('getLogger', () => {
  it('makes a child with the thread bound, once for each name', () => {
    const logger = parent();
    const kitchen = getLogger(logger, 'kitchen');
    expect(kitchen.bindings).toEqual({ name: 'kitchen', thread: 'MainThread', ident: getIdent() });
    expect(getLogger(logger, 'kitchen')).toBe(kitchen);
    expect(getLogger(logger).bindings).toEqual({ thread: 'MainThread', ident: getIdent() });
    expect(logger.made.length).toBe(2);
    expect(getLogger(parent(), 'kitchen')).not.toBe(kitchen);
  });

  it('makes another when the thread was renamed', () => {
    const logger = parent();
    const before = getLogger(logger);
    const { name } = currentThread();
    try {
      currentThread().name = 'chief';
      expect(getLogger(logger).bindings).toMatchObject({ thread: 'chief' });
    } finally {
      currentThread().name = name;
    }
    expect(before.bindings).toMatchObject({ thread: name });
  });

  it('begins the lines of a console with the thread, and leaves its other members alone', () => {
    const lines: unknown[][] = [];
    const logger = {
      lines,
      info: (...line: unknown[]) => void lines.push(['info', ...line]),
      error: (...line: unknown[]) => void lines.push(['error', ...line]),
    };
    getLogger(logger).info('opening', 1);
    getLogger(logger, 'kitchen').error('burnt');
    expect(lines).toEqual([
      ['info', '[MainThread]', 'opening', 1],
      ['error', '[MainThread kitchen]', 'burnt'],
    ]);
    expect(getLogger(logger).lines).toBe(lines);
  });

  it('gives each thread on a worker its own, although they share the module and its logger', () => {
    const names = ['one', 'two', 'three'];
    const lines = names.map(name => new Thread(tasks.logOnce, { name }).start().result(SOON));
    expect(lines).toEqual(names.map(name => [`[${name}]`, 'here']));
  });

  it.each([
    ['nothing', undefined, undefined, 'expected a logger with child()'],
    ['a string', 'pino', undefined, "as the console's, got pino (string)"],
    ['an object without methods', { level: 'info' }, undefined, 'got [object Object] (object)'],
    ['a name that is none', console, 5, 'getLogger: name must be a string, got 5 (number)'],
  ])('refuses %s', (_what, logger, name, message) => {
    expect(() => getLogger(logger as never, name as never)).toThrow(TypeError);
    expect(() => getLogger(logger as never, name as never)).toThrow(message);
  });
});
