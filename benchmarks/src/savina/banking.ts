/** A teller moves money between a thousand accounts; an account that waits for another's answer lets others wait. */
import { savina } from './subject.ts';
import type { Bench, Message, Self } from './bench.ts';

const ACCOUNTS = 1000;
const BALANCE = 1_000_000;

const bench: Bench = {
  roles: {
    account(self: Self) {
      let balance = BALANCE;
      let busy: Message;
      const stash: Message[] = [];
      const transfer = (message: Message): void => {
        busy = message;
        balance -= message.amount;
        self.tell(message.to, { type: 'credit', amount: message.amount, from: self.self });
      };
      return message => {
        switch (message.type) {
          case 'transfer':
            if (busy === undefined) transfer(message);
            else stash.push(message);
            return;
          case 'credit':
            balance += message.amount;
            self.tell(message.from, { type: 'credited' });
            return;
          case 'credited': {
            self.tell(busy.teller, { type: 'done' });
            busy = undefined;
            const waiting = stash.shift();
            if (waiting !== undefined) transfer(waiting);
            return;
          }
          default:
            self.tell(message.to, { type: 'balance', balance });
            self.stop();
        }
      };
    },
    teller(self: Self, transfers: number, done) {
      let accounts: unknown[] = [];
      let finished = 0;
      let heard = 0;
      let sum = 0;
      let seed = 7;
      const random = (most: number): number => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        return (seed >> 8) % most;
      };
      return message => {
        if (message.type === 'start') {
          accounts = message.accounts;
          for (let n = 0; n < transfers; n++) {
            const from = random(ACCOUNTS - 1);
            const to = from + 1 + random(ACCOUNTS - from - 1);
            self.tell(accounts[from], {
              type: 'transfer',
              amount: 1 + random(100),
              to: accounts[to],
              teller: self.self,
            });
          }
        } else if (message.type === 'done') {
          finished += 1;
          if (finished === transfers)
            for (const account of accounts) self.tell(account, { type: 'ask', to: self.self });
        } else {
          sum += message.balance;
          heard += 1;
          if (heard < ACCOUNTS) return;
          // No money is lost and none is made.
          self.tell(done, sum === ACCOUNTS * BALANCE ? finished : -1);
          self.stop();
        }
      };
    },
  },
  start(self, transfers, done) {
    const accounts = Array.from({ length: ACCOUNTS }, (_, n) => self.spawn('account', [], n));
    self.tell(self.spawn('teller', [transfers, done], 0), { type: 'start', accounts });
  },
};

export default savina(import.meta, 'banking', bench, {
  operation: 'Savina banking: a transfer between two of 1000 accounts',
  operations: 50_000,
  quick: 1000,
  expected: transfers => transfers,
});
