/** Actors that do with a question what they are told, each with another rule for its errors. */
import { actor, next } from '../src/index.ts';
import type { Context, Reply } from '../src/index.ts';

export interface Question {
  readonly type:
    | 'answer'
    | 'keep'
    | 'throw'
    | 'reject'
    | 'stash and throw'
    | 'answer and throw'
    | 'unstash'
    | 'unhandled';
  readonly reply: Reply<string>;
}

function trouble(context: Context<Question>) {
  const kept: Reply<string>[] = [];
  let stashed = 0;
  return (question: Question) => {
    const { type, reply } = question;
    switch (type) {
      case 'answer':
        reply.tell(`answer, and ${kept.length} kept`);
        return undefined;
      case 'keep':
        kept.push(reply);
        return undefined;
      case 'throw':
        throw new RangeError('out of tea');
      case 'reject':
        return Promise.reject(new RangeError('out of tea'));
      case 'stash and throw':
        if (context.restarts + stashed > 0) return reply.tell('answered later');
        stashed += 1;
        context.stash(question);
        throw new RangeError('out of tea');
      case 'answer and throw':
        reply.tell('answered before');
        throw new RangeError('out of tea');
      case 'unstash':
        context.unstashAll();
        reply.tell('unstashed');
        return undefined;
      default:
        return next.unhandled();
    }
  };
}

export const resuming = actor(import.meta, trouble, { onError: [[RangeError, 'resume']] });
export const restarting = actor(import.meta, trouble, { onError: [[RangeError, 'restart']] });
