/** What the cells of one thread have in common. */
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Cell } from './cell.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Report } from './report.ts';

/** Sees every start attempt with its outcome and every end with its reason, in the order in which they happen and before anybody else does. */
export interface Observer {
  started?(cell: Cell, outcome: 'ok' | 'ignore' | 'error'): void;
  stopping?(cell: Cell, reason: ExitReason): void;
  exited?(cell: Cell, reason: ExitReason): void;
}

export interface Runtime {
  readonly dispatcher: Dispatcher;
  readonly deadLetters: DeadLetters;
  readonly observer: Observer | undefined;
  /** For fault injection. */
  readonly wrapMailbox: ((cell: Cell, mailbox: Mailbox) => Mailbox) | undefined;
  report(report: Report): void;
  /** A number for an actor or a watch that no other has. */
  nextId(): number;
}
