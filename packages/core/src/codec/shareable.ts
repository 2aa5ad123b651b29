/**
 * The seam between the codec and the memory layer: a shareable travels as its address and comes back as this thread's handle.
 * Every SHAREABLE record of a message holds one count of its address, from `encode` until `decode` hands it to the handle or `discard` returns it.
 */

/** The method by which a shareable tells its address in shared memory: a positive 32-bit number. */
export const shareableAddress: unique symbol = Symbol('heddle.shareableAddress');

export interface Shareable {
  [shareableAddress](): number;
}

/**
 * What the memory layer does for the codec. `retain` runs once per record when a message has been encoded without error, never before;
 * the same handle met twice in one message is one record and so one count.
 */
export interface ShareableHooks {
  /** An encoded message refers to this address from now on. */
  retain(address: number): void;
  /** An encoded message that referred to this address was dropped unread. */
  release(address: number): void;
  /** Returns this thread's handle object, which takes over the message's count. */
  revive(address: number): unknown;
}

function unset(): never {
  throw new Error('the memory layer has not registered its shareables with the codec');
}

export let hooks: ShareableHooks = { retain: unset, release: unset, revive: unset };

/** Is called once per thread by the memory layer. */
export function setShareableHooks(memory: ShareableHooks): void {
  hooks = memory;
}
