/** What threads send each other, and what they share. */
import type { AtomicCounter, Event, Queue, SharedInt32Array, SimpleQueue, Thread } from '@heddle/core';
import type { Announcement } from '../../observability/gauges.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Report } from '../report.ts';
import type { SpawnOptions } from '../spawn.ts';
import type { Claim } from './claims.ts';
import type { Parcel } from './parcel.ts';
import type { Directory } from './parked.ts';

/** Whether there are placeholders in a message; or the number of the question that it is, and then there are no others. */
export type Form = boolean | number;

/** What travels. Arrays, because they are the cheapest to encode. */
export type Packet =
  | readonly ['tell', id: number, path: string, message: unknown, form: Form, trace?: string]
  | readonly [
      'send',
      id: number,
      path: string,
      message: unknown,
      packed: boolean,
      number: number,
      claim: Claim | undefined,
      trace?: string,
    ]
  | readonly ['unsend', number: number]
  /** The mailbox has taken it, unless it says why it hasn't. */
  | readonly ['sent', number: number]
  | readonly ['signal', id: number, path: string, signal: unknown]
  | readonly ['reply', ask: number, value: unknown, packed: boolean]
  | readonly ['fail', ask: number, error: unknown]
  | readonly ['died', ask: number, reason: ExitReason]
  | readonly ['spawn', order: Order, packed: boolean]
  | readonly ['started', id: number, life: number, started: unknown]
  | readonly ['exited', id: number, life: number, reason: ExitReason, escalates: boolean]
  | readonly ['discard', id: number]
  | readonly ['threadDied', slot: number, successor: number]
  | readonly ['claims', successor: number, ids: readonly number[], from: number]
  | readonly ['asksSeen', slot: number, successor: number, asks: readonly number[]]
  | readonly ['report', report: Report]
  | readonly ['letter', message: unknown, path: string, reason: string]
  | readonly ['stop'];

/** A thread of a dedicated actor, and the messages that it hasn't begun. */
export type OwnThread = readonly [thread: Thread, inbox: Queue<unknown>, path: string];

/** What all threads of a system share. */
export interface Wiring {
  /** By slot. */
  readonly inboxes: readonly SimpleQueue<Parcel>[];
  /** What the threads have taken out of their inboxes too early, by slot, see `parked.ts`. */
  readonly parked: readonly Directory[];
  /** By slot, see `bell.ts`. */
  readonly bells: SharedInt32Array;
  /** The threads of dedicated actors, by the slot of the thread that started them, which they end with. */
  readonly dedicated: readonly SimpleQueue<OwnThread>[];
  /** Who reads what threads show of their actors, by reader. */
  readonly census: readonly SimpleQueue<Announcement>[];
  /** How many actors have been placed in each slot by others, and not ended (snapshot). */
  readonly loads: readonly AtomicCounter[];
}

/** What a thread needs to know of an actor that it shall start. */
export interface Order {
  readonly id: number;
  readonly life: number;
  readonly owner: number;
  readonly path: string;
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: SpawnOptions;
  readonly restarts: number;
  /** Is set by the owner directly: the actor sees it however busy its thread is. */
  readonly stopEvent: Event;
}
