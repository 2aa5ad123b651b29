/** Makes what the cells of one thread have in common. */
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Cell } from './cell.ts';
import type { DeadLetters } from './dead-letters.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Host } from './host.ts';
import type { Placement } from './placement.ts';
import type { Report } from './report.ts';
import { ID_STEP, MOST_SLOTS, NUMBERS_PER_GENERATION, SERVICE_NUMBERS } from './runtime.ts';
import type { Observer, Runtime } from './runtime.ts';

export interface RuntimeParts {
  readonly slot: number;
  /** How many threads have been in this slot before. */
  readonly generation: number;
  readonly host: Host;
  readonly deadLetters: DeadLetters;
  readonly observer: Observer | undefined;
  readonly wrapMailbox: ((cell: Cell, mailbox: Mailbox) => Mailbox) | undefined;
  readonly report: (report: Report) => void;
  readonly place: (placement: Placement) => number;
}

export function createRuntime(parts: RuntimeParts): Runtime {
  const { slot, generation, host, ...rest } = parts;
  let numbers = SERVICE_NUMBERS + generation * NUMBERS_PER_GENERATION;
  return {
    ...rest,
    slot,
    dispatcher: new Dispatcher(host),
    node: undefined,
    services: undefined,
    gauges: undefined,
    nextId: (target = slot) => (numbers += 1) * ID_STEP + slot * MOST_SLOTS + target,
  };
}
