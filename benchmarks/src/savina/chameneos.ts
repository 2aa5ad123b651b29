/** A hundred chameneos meet in pairs at one mall, and change their colours: contention for one actor. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const CHAMENEOS = 100;

const bench: Bench = {
  roles: {
    mall(self: Self, meetings: number, done) {
      let left = meetings;
      let waiting: { from: unknown; color: number } | undefined;
      let sum = 0;
      let ended = 0;
      return message => {
        if (message.type === 'count') {
          sum += message.count;
          ended += 1;
          if (ended === CHAMENEOS) {
            self.tell(done, sum);
            self.stop();
          }
        } else if (left === 0) self.tell(message.from, { type: 'exit' });
        else if (waiting === undefined) waiting = message;
        else {
          left -= 1;
          const other = waiting;
          waiting = undefined;
          self.tell(other.from, { type: 'meet', color: message.color });
          self.tell(message.from, { type: 'meet', color: other.color });
        }
      };
    },
    chameneo(self: Self, mall, start: number) {
      let color = start;
      let met = 0;
      const go = (): void => self.tell(mall, { type: 'want', from: self.self, color });
      return message => {
        if (message.type === 'exit') {
          self.tell(mall, { type: 'count', count: met });
          return self.stop();
        }
        if (message.type === 'meet') {
          met += 1;
          color = color === message.color ? color : 3 - color - message.color;
        }
        go();
      };
    },
  },
  start(self, meetings, done) {
    const mall = self.spawn('mall', [meetings, done], 0);
    for (let n = 0; n < CHAMENEOS; n++)
      self.tell(self.spawn('chameneo', [mall, n % 3], n), { type: 'start' });
  },
};

export default savina(import.meta, 'chameneos', bench, {
  operation: 'Savina chameneos: one meeting of two of a hundred',
  operations: 200_000,
  quick: 2000,
  expected: meetings => 2 * meetings,
});
