/** Twenty philosophers eat at a table that an arbitrator watches over. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const PHILOSOPHERS = 20;

const bench: Bench = {
  roles: {
    arbitrator(self: Self, done) {
      const forks = Array.from({ length: PHILOSOPHERS }, () => false);
      let ended = 0;
      let meals = 0;
      return message => {
        const { seat } = message;
        const right = (seat + 1) % PHILOSOPHERS;
        if (message.type === 'hungry') {
          if (forks[seat]! || forks[right]!) return self.tell(message.from, { type: 'denied' });
          forks[seat] = forks[right] = true;
          self.tell(message.from, { type: 'eat' });
        } else if (message.type === 'done') forks[seat] = forks[right] = false;
        else {
          ended += 1;
          meals += message.meals;
          if (ended < PHILOSOPHERS) return;
          self.tell(done, meals);
          self.stop();
        }
      };
    },
    philosopher(self: Self, rounds: number, seat: number, arbitrator) {
      let left = rounds;
      const ask = (): void => self.tell(arbitrator, { type: 'hungry', seat, from: self.self });
      return message => {
        if (message.type !== 'eat') return ask();
        left -= 1;
        self.tell(arbitrator, { type: 'done', seat });
        if (left > 0) return ask();
        self.tell(arbitrator, { type: 'exit', seat, meals: rounds });
        self.stop();
      };
    },
  },
  start(self, rounds, done) {
    const arbitrator = self.spawn('arbitrator', [done], 0);
    for (let n = 0; n < PHILOSOPHERS; n++)
      self.tell(self.spawn('philosopher', [rounds, n, arbitrator], n), { type: 'start' });
  },
};

export default savina(import.meta, 'philosopher', bench, {
  operation: 'Savina philosopher: a meal of each of 20',
  operations: 10_000,
  quick: 100,
  expected: rounds => rounds * PHILOSOPHERS,
});
