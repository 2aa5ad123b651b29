// The bytes that a message brings along. Between threads they lie in shared memory and only their address travels; on one thread
// they are an ordinary array.

/** Bytes that are handed over and not copied. `SharedBuffer` of `@heddle/core` is such a thing. */
export interface Handed {
  readonly bytes: Uint8Array;
  /** Gives up this thread's hold on them. */
  dispose(): void;
}

export type Cargo = Uint8Array | Handed;

/** Makes room for that many bytes. */
export type Allocate = (byteLength: number) => Cargo;

export function bytesOf(cargo: Cargo): Uint8Array {
  return cargo instanceof Uint8Array ? cargo : cargo.bytes;
}

/** To be called when the bytes are needed no more, or no more here. Shared memory isn't left to the garbage collector. */
export function release(cargo: Cargo): void {
  if (!(cargo instanceof Uint8Array)) cargo.dispose();
}

/** Returns an allocator that gives out the same memory each time: for those who are done with one before they ask for the next. */
export function reusing(): Allocate {
  let memory = new Uint8Array(1024 * 1024);
  return byteLength => {
    if (memory.length < byteLength) memory = new Uint8Array(Math.max(byteLength, memory.length * 2));
    return memory.subarray(0, byteLength);
  };
}
