/** What the cells of one thread have in common. */
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Gauges } from '../observability/gauges.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Cell } from './cell.ts';
import type { Started } from './cell/state.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Node } from './node.ts';
import type { Placement } from './placement.ts';
import type { Report } from './report.ts';
import type { Services } from '../services/services.ts';

/** Sees every start attempt with its outcome and every end with its reason, in the order in which they happen and before anybody else does. */
export interface Observer {
  started?(cell: Cell, started: Started): void;
  stopping?(cell: Cell, reason: ExitReason): void;
  exited?(cell: Cell, reason: ExitReason): void;
}

/**
 * The number of an actor or a watch: `count × ID_STEP + maker × MOST_SLOTS + slot`. `slot` is the thread where the actor runs, `maker` the one that gave the
 * number, so that every thread can give numbers for every other.
 */
export const MOST_SLOTS = 256;
export const ID_STEP: number = MOST_SLOTS * MOST_SLOTS;

/** So many numbers are left free for what each earlier thread of a slot may have given. */
export const NUMBERS_PER_GENERATION: number = 2 ** 26;

/** The numbers of the system's services, which every thread knows. */
export const REGISTRY_NUMBER: number = 1 * ID_STEP;
export const EVENTS_NUMBER: number = 2 * ID_STEP;
/** So many numbers are taken by them. */
export const SERVICE_NUMBERS = 2;

export interface Runtime {
  /** Which thread this is: 0 is the one that made the system. */
  readonly slot: number;
  /** The way to other threads; `undefined` as long as there are none. */
  node: Node | undefined;
  /** The registry and the event stream; `undefined` only while the runtime is being made. */
  services: Services | undefined;
  /** Says where an actor shall run that asks for more than to be beside its parent. */
  place(placement: Placement): number;
  /** The actor has ended for good. */
  forget?(cell: Cell): void;
  /** What is shown of the actors here; `undefined` as long as nobody can look. */
  gauges: Gauges | undefined;
  readonly dispatcher: Dispatcher;
  readonly deadLetters: DeadLetters;
  readonly observer: Observer | undefined;
  /** For fault injection. */
  readonly wrapMailbox: ((cell: Cell, mailbox: Mailbox) => Mailbox) | undefined;
  report(report: Report): void;
  /** A number for an actor that runs in `slot`, by default here, or for a watch; no other has it. */
  nextId(slot?: number): number;
}
