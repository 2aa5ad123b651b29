/** Fibonacci numbers by an actor for each call: creation and joining in a deep tree. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const bench: Bench = {
  roles: {
    fib(self: Self, n: number, parent) {
      let heard = 0;
      let sum = 0;
      const answer = (value: number): void => {
        self.tell(parent, { value });
        self.stop();
      };
      return message => {
        if (message.value === undefined) {
          if (n <= 2) return answer(1);
          for (const less of [1, 2]) self.tell(self.spawn('fib', [n - less, self.self]), { go: true });
          return;
        }
        sum += message.value;
        heard += 1;
        if (heard === 2) answer(sum);
      };
    },
    root: (self: Self, done) => message => {
      self.tell(done, message.value);
      self.stop();
    },
  },
  start(self, n, done) {
    const root = self.spawn('root', [done], 0);
    self.tell(self.spawn('fib', [n, root], 0), { go: true });
  },
};

export function fibonacci(n: number): number {
  let [a, b] = [0, 1];
  for (let k = 0; k < n; k++) [a, b] = [b, a + b];
  return a;
}

export default savina(import.meta, 'fib', bench, {
  operation: 'Savina fib: fib(25) by 150,049 actors, a 25th of the time',
  operations: 25,
  quick: 15,
  expected: fibonacci,
});
