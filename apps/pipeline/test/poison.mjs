// A transform for tests: does what the message says, however bad.
import { existsSync } from 'node:fs';

export default {
  async transform({ value }) {
    switch (value.do) {
      case 'exit':
        return process.exit(3);
      case 'loop':
        for (;;);
      case 'throw':
        throw new RangeError(`no good: ${value.id}`);
      case 'late':
        return new Promise(() =>
          setTimeout(() => {
            throw new Error('thrown by a timer');
          }, 1),
        );
      case 'memory': {
        const kept = [];
        for (;;) kept.push({ text: String(Math.random()) });
      }
      case 'function':
        return () => {};
      case 'nothing':
        return undefined;
      case 'two':
        return [{ id: `${value.id}a` }, { id: `${value.id}b` }];
      case 'wait':
        while (!existsSync(value.for)) await new Promise(resolve => setTimeout(resolve, 10));
        return value;
      default:
        return value;
    }
  },
};
