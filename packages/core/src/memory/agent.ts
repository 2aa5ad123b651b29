/**
 * This thread's record in the agent table: taken when the thread joins the slab, returned by the reaper after its death.
 * Import this module for its effect: it makes `selfAgent` valid as soon as the slab is there.
 */
import { compareExchange, i32, load, store } from '../atomics.ts';
import { SharedMemoryExhaustedError } from '../errors.ts';
import { selfAgent, setSelf } from '../parking/guard.ts';
import {
  AGENT,
  AGENT_STATE,
  AGENT_TABLE,
  AGENT_WORDS,
  HEADER,
  MAXIMUM_AGENTS,
  NODE,
  OWNER_MASK,
  OWNER_SHIFT,
} from './layout.ts';
import { nextIdent, whenBound } from './slab.ts';

/** Ident of the Heddle thread that runs in this agent now; a worker runs many, one after the other. */
export let ident = 0;

export function setIdent(value: number): void {
  ident = value;
}

/** Where a worker's entry leaves the slot that the supervisor reserved for it, before it imports the rest of the package. */
export const RESERVED: unique symbol = Symbol.for('heddle.agent');

interface Reserved {
  [RESERVED]?: number;
}

/** Takes a free slot of the table, as late a reuse as possible: a dead agent's pointer may still stand in somebody's register. */
export function reserveAgent(): number {
  for (let tries = 0; tries < MAXIMUM_AGENTS; tries++) {
    const slot = advanceRover();
    const agent = AGENT_TABLE + slot * AGENT_WORDS;
    if (compareExchange(agent + AGENT.state, AGENT_STATE.free, AGENT_STATE.alive) === AGENT_STATE.free) {
      raiseAgentsUsed(slot + 1);
      initialise(agent);
      return agent;
    }
  }
  throw new SharedMemoryExhaustedError(
    `no more than ${MAXIMUM_AGENTS} threads can use one runtime's shared memory at a time`,
  );
}

function advanceRover(): number {
  for (;;) {
    const slot = load(HEADER.agentRover);
    if (compareExchange(HEADER.agentRover, slot, (slot + 1) % MAXIMUM_AGENTS) === slot) return slot;
  }
}

function raiseAgentsUsed(count: number): void {
  for (;;) {
    const seen = load(HEADER.agentsUsed);
    if (seen >= count || compareExchange(HEADER.agentsUsed, seen, count) === seen) return;
  }
}

function initialise(agent: number): void {
  i32.fill(0, agent + AGENT.wake, agent + AGENT_WORDS);
  i32[agent + AGENT.generation]! += 1;
  i32[agent + AGENT.node + NODE.agent] = agent;
}

/** Pointers of all slots that were ever used, whatever their state (snapshot). */
export function* agents(): Generator<number> {
  const used = load(HEADER.agentsUsed);
  for (let slot = 0; slot < used; slot++) yield AGENT_TABLE + slot * AGENT_WORDS;
}

let describe: ((agent: number) => string) | undefined;

/** Set by the thread layer, which knows the names. */
export function setDescribeAgent(action: (agent: number) => string): void {
  describe = action;
}

/** Which thread runs in that agent now, for errors and dumps: `Thread "Worker-3"`. Takes the registry's guard. */
export function describeAgent(agent: number): string {
  return describe?.(agent) ?? `agent ${(agent - AGENT_TABLE) / AGENT_WORDS}`;
}

/** The agent that a lock's state word names as the owner, 0 for none. */
export function ownerOf(state: number): number {
  const slot = (state & OWNER_MASK) >> OWNER_SHIFT;
  return slot === 0 ? 0 : AGENT_TABLE + (slot - 1) * AGENT_WORDS;
}

/** Gives the slot back. Only the reaper calls this, after everything that the agent held is settled. */
export function bury(agent: number): void {
  store(agent + AGENT.state, AGENT_STATE.free);
}

whenBound(() => {
  if (selfAgent !== 0) return;
  setSelf((globalThis as Reserved)[RESERVED] ?? reserveAgent());
  ident = nextIdent();
});
