/** Loads core with one line changed, then the scenario that must notice. Imported as `mutant.host.ts?mutant=3`; on Node 24. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { scenario } from '../../src/index.ts';
import type { Scenario, ScenarioDefinition } from '../../src/index.ts';
import { mutants } from './mutants.ts';

const number = new URL(import.meta.url).searchParams.get('mutant');

if (number !== null) {
  const { file, line, becomes, module, scenario: name } = mutants[Number(number)]!;
  const target = new URL(`../../../core/src/${file}`, import.meta.url);
  const source = readFileSync(target, 'utf8');
  if (!source.includes(line)) throw new Error(`${file} has no "${line}" any more`);
  registerHooks({
    load(url, context, next) {
      if (url !== target.href) return next(url, context);
      return {
        format: 'module-typescript',
        source: source.replace(line, becomes),
        shortCircuit: true,
      };
    },
  });
  const scenarios = (await import(`./${module}.scenarios.ts`)) as Record<string, Scenario>;
  const { url, ordinal } = scenarios[name]!;
  const registry = (globalThis as unknown as Record<symbol, Map<string, Array<ScenarioDefinition<unknown>>>>)[
    Symbol.for('heddle.check.scenarios')
  ]!;
  scenario(import.meta, registry.get(url)![ordinal]!);
}

/** The scenario of a mutant, for `explore`. */
export function mutantScenario(index: number): Scenario {
  const { flaw } = mutants[index]!;
  return {
    url: `${new URL(import.meta.url).href.split('?')[0]}?mutant=${index}`,
    ordinal: 0,
    name: flaw,
    threads: mutants[index]!.threads ?? 3,
    hasWorld: true,
    through: ['core/src/atomics.ts'],
  };
}
