/** Forty producers and forty consumers around a buffer of 50 that is an actor. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const PRODUCERS = 40;
const CONSUMERS = 40;
const BUFFER = 50;
const COST = 25;

function burn(seed: number): number {
  let value = seed + 1;
  for (let n = 0; n < COST; n++) value = Math.log(Math.abs(value) + 1.01);
  return value;
}

const bench: Bench = {
  roles: {
    buffer(self: Self, items: number, done) {
      const stored: number[] = [];
      const idle: unknown[] = [];
      const waiting: unknown[] = [];
      const everybody = new Set<unknown>();
      let consumed = 0;
      let pending = 0;
      return message => {
        if (message.type === 'consumers') for (const each of message.consumers) everybody.add(each);
        else if (message.type === 'ask') {
          // A producer wants to produce: it may while there is room for what is on its way.
          if (stored.length + pending < BUFFER) {
            pending += 1;
            self.tell(message.from, { type: 'produce' });
          } else waiting.push(message.from);
        } else if (message.type === 'item') {
          pending -= 1;
          const consumer = idle.shift();
          if (consumer === undefined) stored.push(message.value);
          else self.tell(consumer, { value: message.value });
          admit();
        } else {
          if (message.consumed) consumed += 1;
          if (consumed === items * PRODUCERS) {
            for (const each of everybody) self.tell(each, { type: 'exit' });
            self.tell(done, consumed);
            return self.stop();
          }
          const value = stored.shift();
          if (value === undefined) idle.push(message.from);
          else self.tell(message.from, { value });
          admit();
        }
      };
      function admit(): void {
        while (waiting.length > 0 && stored.length + pending < BUFFER) {
          pending += 1;
          self.tell(waiting.shift(), { type: 'produce' });
        }
      }
    },
    producer(self: Self, items: number, buffer) {
      let left = items;
      const ask = (): void => self.tell(buffer, { type: 'ask', from: self.self });
      return message => {
        if (message.type === 'produce') {
          self.tell(buffer, { type: 'item', value: burn(left) });
          left -= 1;
        }
        if (left > 0) ask();
        else self.stop();
      };
    },
    consumer: (self: Self, buffer) => message => {
      if (message.type === 'exit') return self.stop();
      if (message.value !== undefined) burn(message.value);
      self.tell(buffer, { type: 'idle', consumed: message.value !== undefined, from: self.self });
    },
  },
  start(self, items, done) {
    const buffer = self.spawn('buffer', [items, done], 0);
    const consumers = Array.from({ length: CONSUMERS }, (_, n) => self.spawn('consumer', [buffer], n));
    self.tell(buffer, { type: 'consumers', consumers });
    for (const consumer of consumers) self.tell(consumer, { type: 'start' });
    for (let n = 0; n < PRODUCERS; n++)
      self.tell(self.spawn('producer', [items, buffer], n), { type: 'start' });
  },
};

export default savina(import.meta, 'bndbuffer', bench, {
  operation: 'Savina bndbuffer: an item of each of 40 producers, consumed by one of 40',
  operations: 1000,
  quick: 20,
  expected: items => items * PRODUCERS,
});
