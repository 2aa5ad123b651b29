/** What becomes of what is for an actor that isn't there, and won't be: messages are dead letters, and whoever waits for something is told at once. */
import { exit } from '../../supervision/exit-reason.ts';
import { OpenAsk } from '../ask.ts';
import type { Node } from '../node.ts';
import { RemoteRef } from '../remote-ref.ts';
import { MOST_SLOTS } from '../runtime.ts';
import type { InternalSignal } from '../signal.ts';
import { take } from './claims.ts';
import type { Claim } from './claims.ts';
import type { Packet } from './packet.ts';

export function tellNobody(node: Node, path: string, message: unknown): void {
  const reply = (message as { reply?: unknown } | null | undefined)?.reply;
  if (reply instanceof OpenAsk) reply.died(exit.noproc);
  node.runtime.deadLetters.add({ message, to: undefined, path, reason: 'stopped' });
}

/** `number`: of the request, by which its sender waits. */
export function sendNobody(
  node: Node,
  path: string,
  message: unknown,
  number: number,
  claim: Claim | undefined,
): void {
  if (claim !== undefined && !take(claim)) return;
  if (number % MOST_SLOTS === node.slot) node.hasDied(number, exit.noproc);
  else node.outbox.post(number % MOST_SLOTS, ['died', number, exit.noproc]);
  tellNobody(node, path, message);
}

export function signalNobody(node: Node, id: number, path: string, signal: InternalSignal): void {
  const from = new RemoteRef<never>(node, id, path);
  if (signal.kind === 'watch')
    signal.from.signal({ kind: 'down', from, watch: signal.watch, reason: exit.noproc });
  else if (signal.kind === 'link')
    signal.from.signal({ kind: 'exit', from, reason: exit.noproc, linked: true });
}

/** A packet for a thread that has ended for good, and has no successor. */
export function bury(node: Node, packet: Packet): void {
  if (packet[0] === 'tell') tellNobody(node, packet[2], node.opened(packet[3], packet[4]));
  else if (packet[0] === 'send')
    sendNobody(node, packet[2], node.opened(packet[3], packet[4]), packet[5], packet[6]);
  else if (packet[0] === 'signal')
    signalNobody(node, packet[1], packet[2], node.packing.unpack(packet[3]) as InternalSignal);
}
