/**
 * The thread-private memory that messages are written to before they are copied into shared memory.
 * It grows to the largest message, and gives the room back after a run of small ones.
 */

/** Views of one private ArrayBuffer. They are replaced when it grows: read them anew after each `encode`. */
export interface Scratch {
  u8: Uint8Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
}

export interface Work extends Scratch {
  /** A record that starts at or below this word has `HEADROOM_WORDS` before it. */
  limit: number;
}

/** What every record may write without asking for room. Anything longer calls `reserve`. */
export const HEADROOM_WORDS = 80;

const FIRST_BYTES = 64 * 1024;
const KEPT_BYTES = 1024 * 1024;
/** So many messages must have fitted into `KEPT_BYTES` before a larger buffer is given up. */
const SMALL_RUN = 64;

/** Where the encoder writes. `scratch` is what callers see: the same, except while a getter that runs within `encode` calls `encode` itself. */
export const work: Work = create(FIRST_BYTES);

export const scratch: Scratch = { u8: work.u8, i32: work.i32, f64: work.f64 };

let smallRun = 0;

function create(bytes: number): Work {
  const buffer = new ArrayBuffer(bytes);
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
    limit: bytes / 4 - HEADROOM_WORDS,
  };
}

function adopt(from: Work): void {
  work.u8 = from.u8;
  work.i32 = from.i32;
  work.f64 = from.f64;
  work.limit = from.limit;
}

/** Makes sure that a record at this word has its headroom; keeps what was written. */
export function reserve(at: number): void {
  if (at <= work.limit) return;
  const bytes = Math.max(work.u8.length * 2, Math.ceil((at + HEADROOM_WORDS * 2) / 2) * 8);
  let larger: Work;
  try {
    larger = create(bytes);
  } catch {
    throw new RangeError(`a message of ${at * 4} bytes or more does not fit into this thread's memory`);
  }
  larger.u8.set(work.u8);
  adopt(larger);
}

/** Shows the finished message to the caller of `encode`, and returns its length. */
export function publish(bytes: number): number {
  if (scratch.i32 !== work.i32) {
    scratch.u8 = work.u8;
    scratch.i32 = work.i32;
    scratch.f64 = work.f64;
  }
  if (work.u8.length > KEPT_BYTES) settle(bytes);
  return bytes;
}

/** Shrinks what the next message is written to; the message just published stays in `scratch`. */
function settle(bytes: number): void {
  smallRun = bytes > KEPT_BYTES ? 0 : smallRun + 1;
  if (smallRun < SMALL_RUN) return;
  smallRun = 0;
  adopt(create(FIRST_BYTES));
}

/** Puts the unfinished message of an outer `encode` aside, and returns how to come back to it. */
export function setAside(): () => void {
  const outer: Work = { ...work };
  adopt(create(FIRST_BYTES));
  return () => adopt(outer);
}
