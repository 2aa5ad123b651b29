/**
 * What a thread does in its last moment, if it has one: `process.exit()` and uncaught errors leave it time for this, `terminate()` and running out of memory don't. What its actors have told other
 * threads is sent, and what waits in its own memory goes where it isn't lost:
 *
 * - messages to an actor that another thread has started are parked in shared memory, before all others, for the actor's next instance;
 * - messages to the others, which end with their parents, are dead letters.
 *
 * What can't be in shared memory is a dead letter as well. What was begun isn't begun again.
 */
import { untraced } from '../../observability/hooks.ts';
import { askOf } from '../ask.ts';
import type { Cell } from '../cell.ts';
import { Envelope } from '../envelope.ts';
import type { Node } from '../node.ts';
import type { Packet } from './packet.ts';
import { RemoteReply } from './remote-reply.ts';

interface Process {
  on(event: 'exit', listener: () => void): void;
  off(event: 'exit', listener: () => void): void;
}

/** Has the thread make its will should it end before `revoke`, which is returned, is called. */
export function makeWill(node: Node): () => void {
  const { process } = globalThis as { process?: Partial<Process> };
  const listener = (): void => execute(node);
  process?.on?.('exit', listener);
  return () => process?.off?.('exit', listener);
}

export function execute(node: Node): void {
  for (const child of node.guardian.knownChildren ?? []) bequeath(node, child, true);
  node.outbox.flush();
  // Letters whose messages couldn't travel have become others.
  node.outbox.flush();
}

function bequeath(node: Node, cell: Cell, isGuest: boolean): void {
  for (const child of cell.knownChildren ?? []) bequeath(node, child, false);
  const left = [...(cell.knownBonds?.takeStash() ?? []), ...cell.mailbox];
  if (left.length === 0) return;
  cell.mailbox.clear();
  if (cell.gauge !== -1) cell.runtime.gauges!.empty(cell.gauge);
  const packets: Packet[] = [];
  for (const each of left) {
    const message = untraced(each);
    const ask = askOf(message);
    // Ticks and the like are the dead instance's own; and who asked from this thread waits no longer.
    if (!isGuest || message instanceof Envelope || (ask !== undefined && !(ask instanceof RemoteReply)))
      cell.deadLetter(message, 'stopped');
    else packets.push(['tell', cell.id, cell.path, node.packing.pack(message), node.packing.found]);
  }
  for (const packet of node.parking.inherit(cell.id, packets))
    if (packet[0] === 'tell') cell.deadLetter(packet[3], 'notShareable');
}
