/**
 * The value codec: what the rest of Heddle may use of it.
 * Any structured-cloneable value, and any shareable at any depth, becomes bytes in private memory and comes back from them.
 */
export { encode, scratch } from './encode.ts';
export type { Scratch } from './encode.ts';
export { decode, discard } from './decode.ts';
export { setShareableHooks, shareableAddress } from './shareable.ts';
export type { Shareable, ShareableHooks } from './shareable.ts';
export { registerErrorClass } from './errors.ts';
export { CorruptMessageError } from './corrupt.ts';
