/**
 * The words of a queue in shared memory, beyond what every object has (`OBJECT` in `memory/layout.ts`), and of the items in it.
 *
 * ```
 *  0 ┌ flags · guard · getters' line · kind · references · name │ tail · put · head · taken     one cache line: what every put and get changes
 * 16 ├ limits · what the three lines need                                                       read often, changed seldom
 * 32 └
 * ```
 */

/** All guarded by OBJECT.guard; `maxsize` and `maxBytes` never change. */
export const QUEUE = {
  /** FLAG below. One store of it is the shutdown. */
  flags: 0,
  guard: 1,
  getters: 2,
  /** By store: the next record to take; —; the heap's array. */
  head: 12,
  /** Items ever taken, modulo 2³². */
  taken: 13,
  /** Calls of taskDone(), modulo 2³². */
  done: 14,
  /** Not 0 while the short way out is closed. Derived, see `ends.ts`. */
  outClosed: 15,
  /** 0 is unlimited. */
  maxBytes: 16,
  /** Sum of the items' lengths. Only kept where `maxBytes` is set. */
  bytes: 17,
  /** Lines: [first, last]. */
  putters: 18,
  joiners: 20,
  /** First getter in line that hasn't been told to come; 0 when none. Derived. */
  nextGetter: 22,
  /** How many getters in line have been told to come: so many items are spoken for. Derived. */
  promisedItems: 23,
  /** First putter in line that hasn't been told to come; 0 when none. Derived. */
  nextPutter: 24,
  /** The room that putters in line have been promised. Derived. */
  promisedSlots: 25,
  promisedBytes: 26,
  /** By store: an emptied segment kept for the next; —; the item on its way through the heap. */
  spare: 27,
  /** QUEUE.taken at the immediate shutdown. Written before the flag. */
  takenBefore: 28,
  /** The guard of the producers' end. */
  putGuard: 32,
  /** By store: where the next record goes; the topmost item; how many entries the heap has. */
  tail: 33,
  /** Items ever put, modulo 2³². */
  put: 34,
  /** By store: where the records of the last segment must end; —; —. Derived. */
  limit: 35,
  /** What the producers' end saw of `taken` last. */
  takenSeen: 36,
  /** Not 0 while the short way in is closed. Derived, see `ends.ts`. */
  inClosed: 37,
  /** 0 is unlimited. */
  maxsize: 38,
  bytesOfBlock: 256,
} as const;

export const FLAG = {
  shutDown: 1,
  /** Nothing can be taken any more; what is still stored is garbage. Never without `shutDown`. */
  immediate: 2,
} as const;

/**
 * An item with a block of its own: always in LIFO and priority queues, in FIFO queues when it is large.
 * ```
 *  0 length | ITEM_FLAG · 1 number · 2,3 priority · 4 next · 5 detail · 6 taken · 8… payload
 * ```
 */
export const ITEM = {
  /** Length in bytes, a multiple of 8, together with ITEM_FLAG in its low bits. */
  head: 0,
  /** The value of QUEUE.put when it was put: ties go by it, and a repair counts by it. */
  number: 1,
  /** A double. */
  priority: 2,
  /** The item beneath, in a LIFO queue. */
  next: 4,
  /** Of raw bytes: class of the view | bytes of padding << 8. Of a message: the word where the bytes of its one large ArrayBuffer begin, or 0. */
  detail: 5,
  /** 1 once it was taken from a priority queue. */
  taken: 6,
  payload: 8,
} as const;

/** The low bits of a length. */
export const ITEM_FLAG = {
  /** The record of a FIFO queue holds a pointer to an item with a block of its own. */
  block: 1,
  /** The payload isn't the codec's, but the bytes of one ArrayBuffer. */
  raw: 2,
  /** Not an item: the rest of this segment is empty, and the next word points to the one after. */
  jump: 4,
} as const;

export const LENGTH_MASK: number = ~7;

/** What became of an attempt to put or to take. */
export const OUTCOME = {
  /** The short way can't say: nothing was changed. Nobody else sees this. */
  unclear: -1,
  none: 0,
  done: 1,
  shutDown: 2,
  exhausted: 3,
} as const;
