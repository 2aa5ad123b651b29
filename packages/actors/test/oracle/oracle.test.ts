/**
 * Random supervision trees and scripts of crashes, stops and starts, run on a real Erlang and on ours under virtual time: the same children start and end, for the
 * same reasons, in the same order; the same reports are made and the same answers given.
 *
 * `ORACLE_SEED=7 ORACLE_SCRIPTS=20000 npx vitest run oracle` runs others. A failure shows the smallest script that was found, and both traces.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeDifference, differences, shrink } from './compare.ts';
import { Erlang, erlangRelease } from './erlang.ts';
import { randomScript } from './script.ts';

const SEED = Number(process.env.ORACLE_SEED ?? 1);
const SCRIPTS = Number(process.env.ORACLE_SCRIPTS ?? 500);

const release = await erlangRelease();
let erlang: Erlang;

beforeAll(async () => {
  if (release !== undefined) erlang = await Erlang.start();
});

afterAll(async () => {
  await erlang?.[Symbol.asyncDispose]();
});

test.skipIf(release === undefined)(
  `${SCRIPTS} random scripts from seed ${SEED} go as on Erlang/OTP ${release ?? '(not installed: apt-get install erlang-base)'}`,
  { timeout: 120_000 + SCRIPTS * 200 },
  async () => {
    const scripts = Array.from({ length: SCRIPTS }, (_, n) => randomScript(SEED + n));
    const [first, ...others] = await differences(erlang, scripts);
    if (first === undefined) return;
    const smallest = await shrink(erlang, first);
    const seeds = [first, ...others].map(({ script }) => script.seed).join(' ');
    expect.fail(`seeds that differ: ${seeds}\n${describeDifference(smallest)}`);
  },
);
