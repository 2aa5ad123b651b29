/** A hundred workers approximate an integral: computation, hardly any messages. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const WORKERS = 100;
const LEFT = 1;
const RIGHT = 5;

function area(from: number, to: number, pieces: number): number {
  const width = (to - from) / pieces;
  let sum = 0;
  for (let n = 0; n < pieces; n++) {
    const x = from + n * width;
    sum += ((1 / (x + 1) + 1 / (x + width + 1)) / 2) * width;
  }
  return sum;
}

const bench: Bench = {
  roles: {
    worker: (self: Self, master) => message => {
      self.tell(master, area(message.from, message.to, message.pieces));
      self.stop();
    },
    master(self: Self, done) {
      let sum = 0;
      let ended = 0;
      return (part: number) => {
        sum += part;
        ended += 1;
        if (ended < WORKERS) return;
        self.tell(done, Math.round(sum * 1e6));
        self.stop();
      };
    },
  },
  start(self, pieces, done) {
    const master = self.spawn('master', [done], 0);
    const width = (RIGHT - LEFT) / WORKERS;
    for (let n = 0; n < WORKERS; n++) {
      const from = LEFT + n * width;
      self.tell(self.spawn('worker', [master], n), { from, to: from + width, pieces: pieces / WORKERS });
    }
  },
};

export default savina(import.meta, 'trapezoid', bench, {
  operation: 'Savina trapezoid: one of the pieces of an integral, 100 workers',
  operations: 10_000_000,
  quick: 200_000,
  expected: () => Math.round(Math.log(3) * 1e6),
});
