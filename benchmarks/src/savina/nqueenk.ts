/** All ways to place N queens: 20 workers; boards with fewer than 4 queens go back to the master, the others are searched at once. */
import { savina } from './subject.ts';
import type { Bench, Self } from './bench.ts';

const WORKERS = 20;
const THRESHOLD = 4;
const SOLUTIONS = [1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14_200];

function fits(board: readonly number[], column: number): boolean {
  const row = board.length;
  return board.every((other, at) => other !== column && Math.abs(other - column) !== row - at);
}

function search(board: number[], size: number): number {
  if (board.length === size) return 1;
  let found = 0;
  for (let column = 0; column < size; column++) {
    if (!fits(board, column)) continue;
    board.push(column);
    found += search(board, size);
    board.pop();
  }
  return found;
}

const bench: Bench = {
  roles: {
    worker: (self: Self, size: number, master) => message => {
      if (message.type === 'exit') return self.stop();
      const board = message.board as number[];
      if (board.length >= THRESHOLD) self.tell(master, { type: 'done', found: search(board, size) });
      else {
        const boards: number[][] = [];
        for (let column = 0; column < size; column++)
          if (fits(board, column)) boards.push([...board, column]);
        self.tell(master, { type: 'boards', boards });
      }
    },
    master(self: Self, done) {
      let workers: unknown[] = [];
      let next = 0;
      let open = 0;
      let found = 0;
      const give = (board: number[]): void => {
        open += 1;
        next = (next + 1) % WORKERS;
        self.tell(workers[next], { type: 'work', board });
      };
      return message => {
        if (message.type === 'start') {
          workers = message.workers;
          return give([]);
        }
        open -= 1;
        if (message.type === 'done') found += message.found;
        else for (const board of message.boards) give(board);
        if (open > 0) return;
        for (const worker of workers) self.tell(worker, { type: 'exit' });
        self.tell(done, found);
        self.stop();
      };
    },
  },
  start(self, size, done) {
    const master = self.spawn('master', [done], 0);
    const workers = Array.from({ length: WORKERS }, (_, n) => self.spawn('worker', [size, master], n));
    self.tell(master, { type: 'start', workers });
  },
};

export default savina(import.meta, 'nqueenk', bench, {
  operation: 'Savina nqueenk: all solutions for 10 queens, a tenth of the time',
  operations: 10,
  quick: 7,
  expected: size => SOLUTIONS[size]!,
});
