/** Eight senders, one receiver. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const SENDERS = 8;

const bench: Bench = {
  roles: {
    sender: (self: Self, messages: number, receiver) => () => {
      for (let n = 0; n < messages; n++) self.tell(receiver, { n });
      self.stop();
    },
    receiver(self: Self, messages: number, done) {
      let count = 0;
      return () => {
        count += 1;
        if (count < messages * SENDERS) return;
        self.tell(done, count);
        self.stop();
      };
    },
  },
  start(self, messages, done) {
    const receiver = self.spawn('receiver', [messages, done], 0);
    for (let n = 0; n < SENDERS; n++)
      self.tell(self.spawn('sender', [messages, receiver], n), { type: 'start' });
  },
};

export default savina(import.meta, 'fanin', bench, {
  operation: 'fan-in: a message of each of 8 senders to one receiver',
  operations: 50_000,
  quick: 1000,
  expected: messages => messages * SENDERS,
});
