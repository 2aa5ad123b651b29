/** Everybody to everybody: 120 actors that ping one of the others, and ping the next when the pong has come. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const ACTORS = 120;

const bench: Bench = {
  roles: {
    peer(self: Self, pings: number, number: number, sink) {
      let others: unknown[] = [];
      let left = pings;
      let seed = number + 1;
      const ping = (): void => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        self.tell(others[(seed >> 8) % ACTORS], { type: 'ping', from: self.self });
      };
      return message => {
        if (message.type === 'ping') self.tell(message.from, { type: 'pong' });
        else if (message.type === 'exit') self.stop();
        else {
          if (message.type === 'start') others = message.others;
          if (left === 0) return self.tell(sink, { pings });
          left -= 1;
          ping();
        }
      };
    },
    sink(self: Self, done) {
      let ended = 0;
      let sum = 0;
      let others: unknown[] = [];
      return message => {
        if (message.others !== undefined) {
          others = message.others;
          return;
        }
        sum += message.pings;
        ended += 1;
        if (ended < ACTORS) return;
        for (const other of others) self.tell(other, { type: 'exit' });
        self.tell(done, sum);
        self.stop();
      };
    },
  },
  start(self, pings, done) {
    const sink = self.spawn('sink', [done], 0);
    const others = Array.from({ length: ACTORS }, (_, n) => self.spawn('peer', [pings, n, sink], n));
    self.tell(sink, { others });
    for (const other of others) self.tell(other, { type: 'start', others });
  },
};

export default savina(import.meta, 'big', bench, {
  operation: 'Savina big: a ping of each of 120 actors, and its pong',
  operations: 2000,
  quick: 50,
  expected: pings => pings * ACTORS,
});
