/** A tree of actors, ten children each, whose leaves tell their number: 111,111 actors for 100,000 leaves. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const bench: Bench = {
  roles: {
    node(self: Self, number: number, size: number, parent) {
      let heard = 0;
      let sum = 0;
      return message => {
        if (message.value !== undefined) {
          sum += message.value;
          heard += 1;
          if (heard < 10) return;
        } else if (size === 1) sum = number;
        else {
          const part = size / 10;
          for (let n = 0; n < 10; n++)
            self.tell(self.spawn('node', [number + n * part, part, self.self]), { go: true });
          return;
        }
        self.tell(parent, { value: sum });
        self.stop();
      };
    },
    root: (self: Self, done) => message => {
      self.tell(done, message.value);
      self.stop();
    },
  },
  start(self, leaves, done) {
    const root = self.spawn('root', [done], 0);
    self.tell(self.spawn('node', [0, leaves, root], 0), { go: true });
  },
};

export default savina(import.meta, 'skynet', bench, {
  operation: 'skynet: one of 100,000 leaves of a tree of actors',
  operations: 100_000,
  quick: 1000,
  expected: leaves => (leaves * (leaves - 1)) / 2,
});
