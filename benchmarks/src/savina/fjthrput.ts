/** Fork and join, throughput: 60 actors that each handle the same number of messages, with a little computation. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const ACTORS = 60;

const bench: Bench = {
  roles: {
    worker(self: Self, messages: number, collector) {
      let left = messages;
      let sum = 0;
      return message => {
        sum += Math.sin(message.value) ** 2;
        left -= 1;
        if (left > 0) return;
        self.tell(collector, { handled: messages, sum });
        self.stop();
      };
    },
    collector(self: Self, done) {
      let handled = 0;
      let ended = 0;
      return message => {
        handled += message.handled;
        ended += 1;
        if (ended === ACTORS) {
          self.tell(done, handled);
          self.stop();
        }
      };
    },
  },
  start(self, messages, done) {
    const collector = self.spawn('collector', [done], 0);
    const workers = Array.from({ length: ACTORS }, (_, n) => self.spawn('worker', [messages, collector], n));
    for (let n = 0; n < messages; n++) for (const worker of workers) self.tell(worker, { value: n });
  },
};

export default savina(import.meta, 'fjthrput', bench, {
  operation: 'Savina fjthrput: a message to each of 60 actors',
  operations: 10_000,
  quick: 200,
  expected: messages => messages * ACTORS,
});
