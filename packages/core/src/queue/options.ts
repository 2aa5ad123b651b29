/** What the queues' constructors and methods take, and the checks of it. */
import type { NameOptions } from '../memory/shared-object.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';

/** How much a queue may hold. */
export interface QueueOptions extends NameOptions {
  /** How many items; omitted, 0 or less is unlimited, that is, until shared memory is exhausted. */
  maxsize?: number | undefined;
  /**
   * How many bytes of encoded items; omitted, 0 or less is unlimited. A larger item is let in when the queue is empty, alone, so that one
   * large document slows a pipeline down instead of breaking it.
   */
  maxBytes?: number | undefined;
}

/** How `put` waits, and what it moves. */
export interface PutOptions extends WaitOptions {
  /**
   * ArrayBuffers within the item that are given away: they are detached here as soon as the queue has accepted the item, so that nobody changes what
   * was put. Their bytes are copied into shared memory all the same; what isn't copied at all is a `SharedBuffer`.
   */
  transfer?: readonly ArrayBuffer[] | undefined;
}

/** How `putAsync` waits, and what it moves. */
export interface AsyncPutOptions extends AsyncWaitOptions {
  /** As in `PutOptions`. */
  transfer?: readonly ArrayBuffer[] | undefined;
}

/** What `tryPut` and `putNowait` move. */
export interface TransferOptions {
  /** As in `PutOptions`. */
  transfer?: readonly ArrayBuffer[] | undefined;
}

/** Where `tryGet` and `getNowait` put bytes. */
export interface IntoOptions {
  /**
   * Memory of your own for an item that is bytes. If it is a typed array or a `DataView` that fits, its bytes are copied there, from the start, and the view that you get is on
   * it; an `ArrayBuffer` as long as `into` comes as `into` itself. Nothing is allocated then, which for a megabyte is most of what `get` costs; the next
   * `get` with the same `into` overwrites what the last one returned. What isn't bytes, or doesn't fit, comes as without `into`.
   */
  into?: ArrayBuffer | undefined;
}

/** How `get` waits, and where it puts bytes. */
export interface GetOptions extends WaitOptions, IntoOptions {}

/** How `getAsync` waits, and where it puts bytes. */
export interface AsyncGetOptions extends AsyncWaitOptions, IntoOptions {}

const GREATEST = 0x7fff_ffff;

/** Returns a limit as the words hold it, 0 for none. */
export function limit(value: unknown, place: string): number {
  if (value === undefined || value === Infinity) return 0;
  if (typeof value !== 'number') {
    throw new TypeError(
      `${place} must be a whole number, 0 for no limit, got ${String(value)} (${typeof value})`,
    );
  }
  if (!Number.isInteger(value) || value > GREATEST) {
    throw new RangeError(
      `${place} must be a whole number to ${GREATEST}, 0 for no limit, got ${value} (number)`,
    );
  }
  return Math.max(0, value);
}
