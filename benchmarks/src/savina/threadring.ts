/** A token goes around a ring of 100 actors. */
import { savina } from './subject.ts';
import type { Bench, Message, Self } from './bench.ts';

const ACTORS = 100;

const bench: Bench = {
  roles: {
    link(self: Self, hops: number, done) {
      let next: unknown;
      return (message: Message) => {
        if (message.next !== undefined) next = message.next;
        else if (message.end === true) {
          if (message.left > 1) self.tell(next, { end: true, left: message.left - 1 });
          self.stop();
        } else if (message.left === 0) {
          self.tell(done, hops);
          self.tell(self.self, { end: true, left: ACTORS });
        } else self.tell(next, { left: message.left - 1 });
      };
    },
  },
  start(self, hops, done) {
    // Two halves of the ring, each on one core.
    const links = Array.from({ length: ACTORS }, (_, n) =>
      self.spawn('link', [hops, done], n < ACTORS / 2 ? 0 : 1),
    );
    links.forEach((link, n) => self.tell(link, { next: links[(n + 1) % ACTORS] }));
    self.tell(links[0], { left: hops });
  },
};

export default savina(import.meta, 'threadring', bench, {
  operation: 'Savina threadring: one hop in a ring of 100',
  operations: 100_000,
  quick: 2000,
  expected: hops => hops,
});
