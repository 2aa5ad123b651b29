/** A small primitive, right and with single flaws, and a scenario that tells them apart. */
import { scenario } from '../../src/index.ts';
import type { Scenario, ScenarioDefinition } from '../../src/index.ts';

/** The right one under the name `correct`, and one scenario for each flaw. */
export type Variants = Readonly<Record<string, Scenario>>;

/** Defines one scenario for the right primitive and one for each flaw. */
export function variants<Flaw extends string, State>(
  meta: { url: string },
  flaws: readonly Flaw[],
  define: (flaw: Flaw | undefined) => ScenarioDefinition<State>,
): Variants {
  const all: Record<string, Scenario> = {
    correct: scenario(meta, { name: 'correct', ...define(undefined) }),
  };
  for (const flaw of flaws) all[flaw] = scenario(meta, { name: flaw, ...define(flaw) });
  return all;
}

/** Words of shared memory. */
export function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * 4));
}
