/** Guests: actors that run on this thread for parents on others. They are children of this thread's guardian, which passes their ends on. */
import { findActor, knownActor } from '../../behavior/actor.ts';
import type { Actor, ActorOptions } from '../../behavior/actor.ts';
import { behavior } from '../../behavior/behavior.ts';
import { exit } from '../../supervision/exit-reason.ts';
import { Cell } from '../cell.ts';
import type { Keeper } from '../cell/state.ts';
import { DEFAULT_SHUTDOWN_MS } from '../cell/stop.ts';
import type { Node } from '../node.ts';
import type { Order } from './packet.ts';

interface Guest {
  readonly owner: number;
  readonly life: number;
}

export class Guests {
  readonly guardian: Cell;
  readonly #node: Node;
  readonly #guests = new Map<number, Guest>();

  constructor(node: Node) {
    this.#node = node;
    this.guardian = this.#createGuardian();
  }

  #createGuardian(): Cell {
    const keeper: Keeper = {
      childExited: (cell, _life, reason) => {
        const guest = this.#guests.get(cell.id);
        if (guest === undefined) return;
        const escalates = cell.knownBonds?.escalates === true;
        if (escalates) cell.bonds.escalates = false;
        this.#node.outbox.post(guest.owner, ['exited', cell.id, guest.life, reason, escalates]);
      },
      stopChildren: () => {},
    };
    const setup = (): unknown => Object.assign(behavior<never>({ receive: () => {} }), { keeper });
    const actor = { name: '', module: undefined, options: {}, setup } as unknown as Actor<never, never>;
    const { runtime, cells } = this.#node;
    const guardian = new Cell(runtime, undefined, actor, [], {}, runtime.nextId(), '');
    cells.set(guardian.id, guardian);
    void guardian.start();
    return guardian;
  }

  /** On which thread its parent is; the main thread's for one that isn't known. */
  ownerOf(id: number): number {
    return this.#guests.get(id)?.owner ?? 0;
  }

  /**
   * Whether the actor has ended and waits to be started again with an empty mailbox: what others tell it then stays in shared memory, in case this thread ends first. Once something is in
   * the mailbox, of a sender here or taken before the crash, all goes there, so that each sender's order is kept. A mailbox with options has its own say about what comes in.
   */
  isBetweenLives(cell: Cell): boolean {
    return (
      !cell.alive &&
      cell.mailbox.size === 0 &&
      cell.options.mailbox === undefined &&
      this.#guests.has(cell.id)
    );
  }

  async spawn(order: Order): Promise<void> {
    const { id, life, owner } = order;
    const { runtime, cells, outbox, parking } = this.#node;
    if (parking.isStale(owner)) return;
    let actor = knownActor(order.module, order.name);
    if (actor === undefined) {
      // What comes for it meanwhile waits.
      parking.await(id);
      try {
        actor = await findActor(order.module, order.name);
      } catch (error) {
        outbox.post(owner, ['started', id, life, { outcome: 'error', reason: exit.error(error) }]);
        return;
      }
    }
    this.#guests.set(id, { owner, life });
    let cell = cells.get(id);
    if (cell === undefined) {
      const {
        args: _args,
        name: _name,
        watch: _watch,
        link: _link,
        placement: _placement,
        ...own
      } = order.options;
      const options: ActorOptions = { ...actor.options, ...own };
      cell = new Cell(runtime, this.guardian, actor, order.args, options, id, order.path.slice(1));
      cell.supervised = true;
      cells.set(id, cell);
      this.guardian.children.add(cell);
    } else {
      cell.args = order.args;
      cell.revive();
    }
    cell.adoptRestarts(order.restarts);
    cell.bonds.stopEvent = order.stopEvent;
    const starting = cell.start();
    parking.release(id);
    outbox.post(owner, ['started', id, life, starting instanceof Promise ? await starting : starting]);
    // At once: its first message may keep the thread for long.
    outbox.send(owner);
  }

  /** It won't come back. */
  discard(id: number): void {
    const { cells, parking } = this.#node;
    const cell = cells.get(id);
    this.#guests.delete(id);
    cells.delete(id);
    if (cell !== undefined) {
      cell.discard();
      cell.runtime.forget?.(cell);
      this.guardian.children.remove(cell);
    }
    parking.forget(id);
  }

  /** A thread has died: guests of its actors have lost their owners. */
  lostOwner(slot: number): void {
    for (const [id, { owner }] of this.#guests) {
      if (owner !== slot) continue;
      const cell = this.#node.cells.get(id);
      cell?.requestStop(cell.options.shutdown ?? DEFAULT_SHUTDOWN_MS, true, exit.threadDied, () =>
        this.discard(id),
      );
    }
  }
}
