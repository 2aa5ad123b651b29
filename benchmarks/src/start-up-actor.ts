/** What `start-up-program.ts` asks on each thread, in a module of its own, which the threads load. */
import { actor } from '@heddle/actors';
import type { Context, Reply } from '@heddle/actors';

interface Question {
  readonly n: number;
  readonly reply: Reply<number>;
}

export const echo = actor(import.meta, function echo(_context: Context<Question>) {
  return ({ n, reply }: Question) => reply.tell(n);
});
