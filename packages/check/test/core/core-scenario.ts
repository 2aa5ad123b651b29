/** A scenario over Heddle's own primitives: its threads share one slab for life, and shared objects travel packed. */
import { attach, pack, unpack } from '../../../core/src/index.ts';
import { i32 } from '../../../core/src/atomics.ts';
import { AGENT, AGENT_TABLE, AGENT_WORDS, OBJECT } from '../../../core/src/memory/layout.ts';
import { slab } from '../../../core/src/memory/slab.ts';
import { lengthOf } from '../../../core/src/parking/line.ts';
import { scenario } from '../../src/index.ts';
import type { End, Place, Scenario, ThreadInfo } from '../../src/index.ts';

/** Sleeps of the guard and of blocked waiters are bounded as a safety net; without it a lost wakeup is seen. */
const SAFETY_NETS = [20, 100];

interface Sent {
  readonly packed: Uint8Array;
  readonly cells: Int32Array;
}

/** What every scenario here has beside its shared objects: words of its own. */
export interface WithCells {
  readonly cells: Int32Array;
}

export interface CoreScenario<Objects extends object> {
  readonly name: string;
  make(): Objects;
  readonly threads: ReadonlyArray<(state: Objects & WithCells, info: ThreadInfo) => unknown>;
  check?(state: Objects & WithCells, end: End): void;
}

function pointerOf(object: object): number {
  return (object as { at: number }).at;
}

/** How many stand in an object's line. */
export function waitingFor(object: object): number {
  return lengthOf(pointerOf(object) + OBJECT.first);
}

export function coreScenario<Objects extends object>(
  meta: { url: string },
  options: CoreScenario<Objects>,
): Scenario {
  return scenario<Objects & WithCells>(meta, {
    name: options.name,
    through: ['core/src/atomics.ts'],
    ignoreTimeouts: SAFETY_NETS,
    world: { create: slab, join: memory => attach({ memory: memory as WebAssembly.Memory }) },
    setup: () => ({ ...options.make(), cells: new Int32Array(new SharedArrayBuffer(64)) }),
    send: state => {
      const { cells, ...objects } = state;
      return { packed: pack(objects), cells } satisfies Sent;
    },
    receive: (sent: Sent) => ({ ...(unpack(sent.packed) as Objects), cells: sent.cells }),
    threads: options.threads,
    names: state => {
      const names: Record<string, Place> = {};
      for (let slot = 0; slot < 8; slot++) {
        const agent = AGENT_TABLE + slot * AGENT_WORDS;
        names[`agent${slot}.node`] = [i32, agent + AGENT.node];
        names[`agent${slot}.wake`] = [i32, agent + AGENT.wake];
        names[`agent${slot}.ready`] = [i32, agent + AGENT.ready];
      }
      for (const [name, object] of Object.entries(state) as Array<[string, object]>) {
        if (object === state.cells) continue;
        const at = pointerOf(object);
        names[`${name}.state`] = [i32, at];
        names[`${name}.guard`] = [i32, at + OBJECT.guard];
      }
      return names;
    },
    finally(state, end) {
      options.check?.(state, end);
      for (const object of Object.values(state) as Array<Partial<{ dispose(): void }>>) object.dispose?.();
    },
  });
}
