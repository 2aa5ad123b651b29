/** Questions that will have no answer reject at once, in the actor's thread and in another: nobody waits for a timeout on account of what is known. */
import { describe, expect, test } from 'vitest';
import { ActorDiedError, ActorSystem, UnhandledMessageError, exit } from '../src/index.ts';
import type { ActorRef, Report } from '../src/index.ts';
import { restarting, resuming } from './failed-questions.fixture.ts';
import type { Question } from './failed-questions.fixture.ts';

/** What a question comes to. Its timeout is never reached, unless the test fails. */
function ask(ref: ActorRef<Question>, type: Question['type']): Promise<string> {
  return ref.ask({ type }, { timeout: 20_000 }).catch((error: unknown) => String(error));
}

describe.each(['parent', 'leastLoaded'] as const)('an actor whose placement is %s', placement => {
  const started = (system: ActorSystem, directive: 'resume' | 'restart'): ActorRef<Question> =>
    system.spawn(directive === 'resume' ? resuming : restarting, { placement, name: 'it' });

  const died = 'ActorDiedError: ask /it: the actor has ended (RangeError: out of tea)';

  test.each(['throw', 'reject'] as const)(
    'that goes on after an error (%s): its own question has the error',
    async how => {
      await using system = new ActorSystem({ threads: 1, report: () => {} });
      const ref = started(system, 'resume');
      const kept = ask(ref, 'keep');
      expect(await ask(ref, how)).toBe('RangeError: out of tea');
      // The others may still be answered.
      expect(await ask(ref, 'answer')).toBe('answer, and 1 kept');
      system.exit(ref, exit.shutdown);
      expect(await kept).toMatch('ActorDiedError');
    },
  );

  test.each(['throw', 'reject'] as const)(
    'that is restarted (%s): so have all that the instance had taken, and no others',
    async how => {
      await using system = new ActorSystem({ threads: 1, report: () => {} });
      const ref = started(system, 'restart');
      const outcomes = (['keep', 'keep', how, 'answer', 'keep', how, 'answer'] as const).map(type =>
        ask(ref, type),
      );
      expect(await Promise.all(outcomes)).toEqual([
        died,
        died,
        died,
        'answer, and 0 kept',
        died,
        died,
        'answer, and 0 kept',
      ]);
    },
  );

  test.each(['resume', 'restart'] as const)(
    'that stashes a question and fails (%s) may answer it later',
    async directive => {
      await using system = new ActorSystem({ threads: 1, report: () => {} });
      const ref = started(system, directive);
      const later = ask(ref, 'stash and throw');
      expect(await ask(ref, 'unstash')).toBe('unstashed');
      expect(await later).toBe('answered later');
    },
  );

  test.each(['resume', 'restart'] as const)('that answers and fails (%s) has answered', async directive => {
    const late: unknown[] = [];
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    system.deadLetters.subscribe(letter => void late.push(letter));
    const ref = started(system, directive);
    expect(await ask(ref, 'answer and throw')).toBe('answered before');
    expect(await ask(ref, 'answer')).toBe('answer, and 0 kept');
    expect(late).toEqual([]);
  });

  test('that has no use for a question says so', async () => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const reasons: string[] = [];
    system.deadLetters.subscribe(({ reason }) => void reasons.push(reason));
    const ref = started(system, 'resume');
    expect(await ask(ref, 'unhandled')).toBe(
      'UnhandledMessageError: ask /it: the actor does not handle "unhandled"',
    );
    expect(await ask(ref, 'answer')).toBe('answer, and 0 kept');
    await expect.poll(() => reasons, { timeout: 20_000 }).toEqual(['unhandled']);
  });

  test('all of them are errors of their class', async () => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const ref = started(system, 'restart');
    const timeout = 20_000;
    await expect(ref.ask({ type: 'unhandled' }, { timeout })).rejects.toBeInstanceOf(UnhandledMessageError);
    await expect(ref.ask({ type: 'throw' }, { timeout })).rejects.toBeInstanceOf(ActorDiedError);
  });
});

test('rules for errors that are given to a spawn elsewhere: the report says where they belong', async () => {
  const reports: string[] = [];
  const report = (event: Report): void => {
    if (event.type === 'callbackFailed') reports.push(String(event.error));
  };
  await using system = new ActorSystem({ threads: 1, report });
  system.spawn(resuming, { placement: 'leastLoaded', onError: [[TypeError, 'stop']] });
  expect(reports).toEqual([
    'NotShareableError: options.onError[0][0]: functions and classes cannot be sent to another thread, where this actor runs: declare them with it, actor(import.meta, trouble, { onError: … })',
  ]);
});
