/** One actor sends, the other counts: the cost of messages in one direction. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const bench: Bench = {
  roles: {
    producer: (self: Self, messages: number, counter, done) => () => {
      for (let n = 0; n < messages; n++) self.tell(counter, { type: 'increment' });
      self.tell(counter, { type: 'get', to: done });
      self.stop();
    },
    counter(self: Self) {
      let count = 0;
      return message => {
        if (message.type === 'increment') count += 1;
        else {
          self.tell(message.to, count);
          self.stop();
        }
      };
    },
  },
  start(self, messages, done) {
    const counter = self.spawn('counter', [], 0);
    self.tell(self.spawn('producer', [messages, counter, done], 1), { type: 'start' });
  },
};

export default savina(import.meta, 'count', bench, {
  operation: 'Savina count: one message to the counter',
  operations: 1_000_000,
  quick: 20_000,
  expected: messages => messages,
  bar: { atMost: 0.5 },
});
