/**
 * The threading contract, sentence by sentence, in all placements: all parties in threads; each of them in turn on the main thread, blocked, the
 * others in threads; and each of them in turn async there, with thousands of promises beside it, against blocked threads.
 */
import { describe, expect, it } from 'vitest';
import { Thread } from '../../src/index.ts';
import { SOON } from '../support/state.ts';
import { contracts } from './contracts.ts';
import { type AnyContract, manyPromises, playAsync, playBlocked } from './play.ts';
import { playThere } from './play-there.fixture.ts';

type Here = (one: AnyContract, role: string, shared: unknown) => unknown;

const HERE: Readonly<Record<string, Here>> = {
  blocked: (one, role, shared) => playBlocked(one.roles[role]!(shared)),
  async: async (one, role, shared) => {
    const busy = new AbortController();
    const beside = manyPromises(busy.signal);
    try {
      return await playAsync(one.roles[role]!(shared));
    } finally {
      busy.abort();
      expect(await beside).toBeGreaterThan(0);
    }
  },
};

async function play(title: string, here?: { role: string; face: 'blocked' | 'async' }): Promise<void> {
  const one = contracts[title]!;
  const shared: unknown = one.share();
  const threads = new Map<string, Thread<typeof playThere>>();
  for (const role of Object.keys(one.roles)) {
    if (role !== here?.role)
      threads.set(role, new Thread(playThere, { args: [title, role, shared] }).start());
  }
  const outcome: Record<string, unknown> = {};
  if (here !== undefined) outcome[here.role] = await HERE[here.face]!(one, here.role, shared);
  for (const [role, thread] of threads) outcome[role] = await thread.resultAsync(SOON);
  expect(outcome).toMatchObject(one.outcome);
  if (one.then !== undefined) expect(one.then(shared, outcome)).toEqual(one.after);
}

describe.each(Object.keys(contracts))('%s', title => {
  const { asyncOnly, roles } = contracts[title]!;

  // What is aborted can only be a promise.
  if (asyncOnly === undefined) it('with all in threads', () => play(title));

  it.each(asyncOnly === undefined ? Object.keys(roles) : [])('with %s blocked on the main thread', role =>
    play(title, { role, face: 'blocked' }),
  );

  it.each(asyncOnly === undefined ? Object.keys(roles) : [asyncOnly])(
    'with %s async on the main thread',
    role => play(title, { role, face: 'async' }),
  );
});
