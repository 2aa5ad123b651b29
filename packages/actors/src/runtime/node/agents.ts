/** The agents of one thread, by the numbers of the actors that they stand for, and where actors are placed. */
import type { AtomicCounter } from '@heddle/core';
import type { Actor, ActorOptions } from '../../behavior/actor.ts';
import { Cell } from '../cell.ts';
import type { Node } from '../node.ts';
import type { Placement } from '../placement.ts';
import { RemoteRef } from '../remote-ref.ts';
import { ID_STEP } from '../runtime.ts';
import type { SpawnOptions } from '../spawn.ts';
import type { Order } from './packet.ts';
import { RemoteAgent } from './remote-agent.ts';

export class Agents {
  readonly #node: Node;
  readonly #loads: readonly AtomicCounter[];
  readonly #agents = new Map<number, RemoteAgent>();
  #turn = 0;

  constructor(node: Node, loads: readonly AtomicCounter[]) {
    this.#node = node;
    this.#loads = loads;
  }

  get(id: number): RemoteAgent | undefined {
    return this.#agents.get(id);
  }

  /** The agents of the actors in a slot. */
  in(slot: number): RemoteAgent[] {
    return [...this.#agents.values()].filter(agent => agent.slot === slot);
  }

  /** Makes the cell that stands here for an actor in `slot`. Throws `TypeError` for an actor that no other thread could find. */
  create(
    parent: Cell,
    actor: Actor<never, never>,
    args: readonly unknown[],
    options: ActorOptions,
    own: SpawnOptions | undefined,
    slot: number,
    label: string | undefined,
  ): Cell {
    if (actor.module === undefined) {
      throw new TypeError(
        `spawn: ${actor.name === '' ? 'this function' : `"${actor.name}"`} can't run on another thread: declare it at module level with actor(import.meta, …)`,
      );
    }
    const { runtime } = this.#node;
    const id = runtime.nextId(slot);
    const name = label ?? `${actor.name}:${Math.floor(id / ID_STEP)}`;
    const path = `${parent.path}/${name}`;
    const ref = new RemoteRef<unknown>(this.#node, id, path);
    // The arguments are the cell's, and travel once.
    const { args: _args, ...rest } = own ?? {};
    const agent = new RemoteAgent(this, ref, actor, id, slot, path, rest);
    const stand = { ...actor, options: {}, setup: () => agent.begin() } as unknown as Actor<never, never>;
    // What happens inside the actor is decided on its thread; here it only starts and ends.
    const shutdown = options.shutdown === undefined ? {} : { shutdown: options.shutdown };
    const cell = new Cell(runtime, parent, stand, args, shutdown, id, name, agent);
    agent.cell = cell;
    this.keep(agent);
    return cell;
  }

  /** Has the actor started on its thread. */
  order(agent: RemoteAgent): void {
    const { cell, id, life, actor, path, own } = agent;
    const { packing, outbox, slot } = this.#node;
    const order: Order = {
      id,
      life,
      owner: slot,
      path,
      module: actor.module!,
      name: actor.name,
      args: cell!.args,
      options: own,
      restarts: cell!.restarts,
      stopEvent: agent.stopEvent!,
    };
    const packed = packing.pack(order) as Order;
    outbox.post(agent.slot, ['spawn', packed, packing.found]);
    // At once: a third thread that is told of the actor must not reach its thread before this.
    outbox.send(agent.slot);
  }

  /** Also for an agent whose cell was revived. */
  keep(agent: RemoteAgent): void {
    if (this.#agents.has(agent.id)) return;
    this.#agents.set(agent.id, agent);
    this.#loads[agent.slot]!.add(1);
  }

  /** The actor won't come back. */
  drop(agent: RemoteAgent): void {
    this.#node.outbox.post(agent.slot, ['discard', agent.id]);
    if (this.#agents.delete(agent.id)) this.#loads[agent.slot]!.add(-1);
  }

  /** Where an actor with this placement shall run. Slot 0 is the main thread's; without others it is all there is. */
  place(placement: Placement): number {
    const threads = this.#loads.length - 1;
    if (placement === 'main' || threads === 0) return 0;
    if (typeof placement === 'object') return 1 + (hash(String(placement.key)) % threads);
    // The emptiest; among equals the next in turn.
    this.#turn += 1;
    let best = 0;
    let least = Infinity;
    for (let n = 0; n < threads; n++) {
      const slot = 1 + ((this.#turn + n) % threads);
      const load = this.#loads[slot]!.value;
      if (load >= least) continue;
      least = load;
      best = slot;
    }
    return best;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) mixed = Math.imul(mixed ^ text.charCodeAt(n), 0x01000193);
  return mixed >>> 0;
}
