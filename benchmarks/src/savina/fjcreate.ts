/** Fork and join, creation: an actor for each task, which ends with it. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const bench: Bench = {
  roles: {
    worker: (self: Self, collector) => message => {
      self.tell(collector, Math.sin(message.value) > 2 ? 0 : 1);
      self.stop();
    },
    collector(self: Self, actors: number, done) {
      let count = 0;
      return (n: number) => {
        count += n;
        if (count === actors) {
          self.tell(done, count);
          self.stop();
        }
      };
    },
  },
  start(self, actors, done) {
    const collector = self.spawn('collector', [actors, done], 0);
    for (let n = 0; n < actors; n++) self.tell(self.spawn('worker', [collector], n), { value: n });
  },
};

export default savina(import.meta, 'fjcreate', bench, {
  operation: 'Savina fjcreate: an actor, its one message and its end',
  operations: 40_000,
  quick: 500,
  expected: actors => actors,
  bar: { atMost: 0.5 },
});
