/** A dictionary that is an actor, and 20 workers that read it, and write it once in ten times. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const WORKERS = 20;

const bench: Bench = {
  roles: {
    dictionary(self: Self) {
      const words = new Map<number, number>();
      return message => {
        if (message.type === 'exit') return self.stop();
        if (message.type === 'write') words.set(message.key, message.value);
        self.tell(message.from, { value: words.get(message.key) ?? 0 });
      };
    },
    worker(self: Self, messages: number, number: number, dictionary, collector) {
      let left = messages;
      let seed = number + 1;
      return () => {
        if (left === 0) {
          self.tell(collector, messages);
          return self.stop();
        }
        left -= 1;
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        const key = (seed >> 8) % 512;
        const type = left % 10 === 0 ? 'write' : 'read';
        self.tell(dictionary, { type, key, value: left, from: self.self });
      };
    },
    collector(self: Self, dictionary, done) {
      let sum = 0;
      let ended = 0;
      return (handled: number) => {
        sum += handled;
        ended += 1;
        if (ended < WORKERS) return;
        self.tell(dictionary, { type: 'exit' });
        self.tell(done, sum);
        self.stop();
      };
    },
  },
  start(self, messages, done) {
    const dictionary = self.spawn('dictionary', [], 0);
    const collector = self.spawn('collector', [dictionary, done], 0);
    for (let n = 0; n < WORKERS; n++)
      self.tell(self.spawn('worker', [messages, n, dictionary, collector], n), { type: 'start' });
  },
};

export default savina(import.meta, 'concdict', bench, {
  operation: 'Savina concdict: a question to the dictionary of each of 20 workers',
  operations: 10_000,
  quick: 200,
  expected: messages => messages * WORKERS,
});
