/** Tells the layers below which thread runs in an agent, for their reports. */
import { i32, load } from '../atomics.ts';
import { setDescribeAgent } from '../memory/agent.ts';
import { AGENT_TABLE, AGENT_WORDS, REGISTRY, THREAD } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { recordText } from '../owners/describe.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';

/** Under the registry's guard, so that a record in the list can't be freed meanwhile. */
function nameOf(agent: number): string | undefined {
  let name: string | undefined;
  lockGuard(REGISTRY.guard);
  for (
    let record = i32[REGISTRY.first]!;
    record !== 0 && name === undefined;
    record = i32[record + THREAD.next]!
  ) {
    ensureMapped(record);
    if (load(record + THREAD.agent) === agent) name = recordText(record);
  }
  unlockGuard(REGISTRY.guard);
  return name;
}

setDescribeAgent(agent => {
  const name = nameOf(agent);
  if (name !== undefined) return `Thread "${name}"`;
  // The one that made the slab; it gets its record when it first has to do with threads.
  if (agent === AGENT_TABLE || agent === load(REGISTRY.rootAgent)) return 'Thread "MainThread"';
  if (agent === load(REGISTRY.supervisor)) return "Heddle's supervisor";
  return `worker ${(agent - AGENT_TABLE) / AGENT_WORDS}, which runs no thread of Heddle's,`;
});
