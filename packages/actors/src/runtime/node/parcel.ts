/**
 * Parcels: how packets stand in an inbox. Most are messages and answers, and those are objects from the moment at which they are posted to that at which they are handled, for which core's codec
 * has compiled writers and readers and remembers for each field what came there last: a message in and out of an inbox takes a fifth less time than as an array. All others are arrays.
 * Where little depends on time, a packet is an array in any case.
 */
import type { Form, Packet } from './packet.ts';

/** A message that is traced by nobody. */
export interface Tell {
  readonly id: number;
  readonly path: string;
  readonly message: unknown;
  readonly form: Form;
}

export interface Answer {
  readonly ask: number;
  readonly value: unknown;
  readonly packed: boolean;
}

export type Parcel = Packet | Tell | Answer;

/** Whether it is a message; `false` for one that is traced, which is an array. */
export function isTell(parcel: Parcel): parcel is Tell {
  return (parcel as Partial<Tell>).form !== undefined;
}

export function isAnswer(parcel: Parcel): parcel is Answer {
  return (parcel as Partial<Answer>).ask !== undefined;
}

export function unwrapPacket(parcel: Parcel): Packet {
  if (isTell(parcel)) return ['tell', parcel.id, parcel.path, parcel.message, parcel.form];
  if (isAnswer(parcel)) return ['reply', parcel.ask, parcel.value, parcel.packed];
  return parcel;
}
