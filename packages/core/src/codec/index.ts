/**
 * The value codec: what the rest of Heddle may use of it.
 * Any structured-cloneable value, and any shareable at any depth, becomes bytes in private memory and comes back from them.
 *
 * Where it differs from structured clone, on purpose:
 * - shareables travel, and so do an error's class, code and own properties; those that cannot are left out;
 * - a Proxy of a plain object or an array travels as a copy; what has a builtin's prototype but isn't one is refused;
 * - a Buffer from Node's pool brings its own bytes, not the pool's;
 * - what the host can clone but bytes can't say (Blob, CryptoKey, WebAssembly.Module, …) is refused, as is nesting beyond 1000 levels.
 */
export { aside, forgetAside } from './aside.ts';
export { encode, encodeOwn, scratch } from './encode.ts';
export { decode, discard } from './decode.ts';
export { setShareableHooks, shareableAddress } from './shareable.ts';
export { registerErrorClass } from './errors.ts';
export { CorruptMessageError } from './corrupt.ts';
