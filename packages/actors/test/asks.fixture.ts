/** Actors that are asked from another thread. */
import { actor } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';

interface Look {
  readonly type: 'look';
  readonly n: number;
  readonly to?: ActorRef<string>;
  readonly reply: Reply<readonly [keys: string[], n: number]>;
}

/** Answers with what it was asked; tells whoever stands in the question. */
export const looker = actor(import.meta, function looker(_context: Context<Look>) {
  return (question: Look) => {
    question.to?.tell(`asked ${question.n}`);
    question.reply.tell([Object.keys(question), question.n]);
  };
});

interface Throw {
  readonly left: number;
  readonly to: ActorRef<Throw>;
}

/** Sends the ball back. */
export const player = actor(import.meta, function player(context: Context<Throw>) {
  return ({ left, to }: Throw) => to.tell({ left: left - 1, to: context.self });
});

interface Passed {
  readonly reply: Reply<string>;
}

/** Lets others answer the questions that it gets. */
export const passer = actor(
  import.meta,
  function passer(_context: Context<Passed>, others: ActorRef<Passed>[]) {
    return (question: Passed) => {
      for (const other of others) other.tell(question);
    };
  },
);

export const answerer = actor(import.meta, function answerer(_context: Context<Passed>, answer: string) {
  return ({ reply }: Passed) => reply.tell(answer);
});

interface Chat {
  readonly spins: number;
  readonly to: ActorRef<number>;
  readonly reply: Reply<number>;
}

/** Answers, and has more to say a little later. */
export const chatter = actor(import.meta, function chatter(_context: Context<Chat>) {
  let noise = 0;
  return ({ spins, to, reply }: Chat) => {
    reply.tell(spins);
    for (let n = 0; n < spins; n++) noise += Math.sqrt(n);
    to.tell(noise > -1 ? spins : -1);
  };
});
