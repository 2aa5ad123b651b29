/**
 * One large ArrayBuffer of a message may go past `scratch`: the encoder leaves room for its bytes and says where, and whoever copies the message into shared
 * memory copies them there from where they are. It spares a copy of what is most of the message; likewise on the way out. The bytes are those that are there when all is written,
 * so what a getter met later does to them counts; one that detaches the buffer makes the message refused.
 */

/** Below, another copy costs less than what this takes. */
const LEAST_BYTES = 65_536;

export interface Aside {
  /** Word of the message where the bytes belong; 0 when there are none. */
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

const NONE = new Uint8Array(0);

/** Of the message being written. */
let allowed = false;
let at = 0;
let bytes: Uint8Array<ArrayBuffer> = NONE;

/** Of the message that `encode` finished last. */
export const aside: Aside = { at: 0, bytes: NONE };

export function beginAside(isAllowed: boolean): void {
  allowed = isAllowed;
  if (isAllowed && aside.at !== 0) forgetAside();
  // Not in vain: a store of an object costs V8 a question or a call.
  if (at === 0) return;
  at = 0;
  bytes = NONE;
}

/** Notes that these bytes belong at this word, or returns false: then they are to be written. */
export function leaveAside(buffer: ArrayBuffer, word: number): boolean {
  if (!allowed || at !== 0 || buffer.byteLength < LEAST_BYTES) return false;
  at = word;
  bytes = new Uint8Array(buffer);
  return true;
}

/** Nothing from this word on is part of the message any more. */
export function rewindAside(word: number): void {
  if (at >= word) beginAside(allowed);
}

/** Whether the bytes are gone: a getter met later has given the buffer away. */
export function isAsideLost(): boolean {
  return at !== 0 && bytes.length === 0;
}

export function publishAside(): void {
  aside.at = at;
  aside.bytes = bytes;
}

/** Lets go of the bytes. */
export function forgetAside(): void {
  aside.at = 0;
  aside.bytes = NONE;
}

/** Puts what an outer message has noted away, and returns how to come back to it. */
export function suspendAside(): () => void {
  const outer = { allowed, at, bytes };
  return () => {
    ({ allowed, at, bytes } = outer);
  };
}
