/** Two actors that answer each other: the latency of a message. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const bench: Bench = {
  roles: {
    ping(self: Self, pings: number, pong, done) {
      let pongs = 0;
      return () => {
        if (pongs === pings) {
          self.tell(pong, { type: 'stop' });
          self.tell(done, pongs);
          return self.stop();
        }
        pongs += 1;
        self.tell(pong, { type: 'ping', from: self.self });
      };
    },
    pong: (self: Self) => message => {
      if (message.type === 'stop') self.stop();
      else self.tell(message.from, { type: 'pong' });
    },
  },
  start(self, pings, done) {
    const pong = self.spawn('pong', [], 1);
    self.tell(self.spawn('ping', [pings, pong, done], 0), { type: 'start' });
  },
};

export default savina(import.meta, 'pingpong', bench, {
  operation: 'Savina pingpong: a ping and its pong',
  operations: 40_000,
  quick: 2000,
  expected: pings => pings,
  bar: { atMost: 0.5 },
});
