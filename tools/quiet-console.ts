// Fails a test that prints something it didn't mean to. A test that expects output spies on the method itself.

import { afterEach, beforeEach } from 'vitest';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
let printed: string[] = [];

for (const method of methods) {
  const original = console[method].bind(console);
  console[method] = (...args: unknown[]): void => {
    printed.push(`console.${method}: ${args.map(String).join(' ')}`);
    original(...args);
  };
}

beforeEach(() => {
  printed = [];
});

afterEach(() => {
  const unexpected = printed;
  printed = [];
  if (unexpected.length > 0) throw new Error(`unexpected output:\n${unexpected.join('\n')}`);
});
