/**
 * Moving ArrayBuffers. Their bytes are encoded as any value's; what makes it a move is that the sender's buffers are detached as soon as the message is
 * accepted, so that nobody goes on with a copy by mistake.
 */
import { NotShareableError } from '../errors.ts';
import { isDetached } from './bytes.ts';

/** Throws `TypeError` for what is no array of ArrayBuffers, and `NotShareableError` for one that was moved away already. */
export function checkTransfer(transfer: readonly ArrayBuffer[], place: string): void {
  if (!Array.isArray(transfer))
    throw new TypeError(`${place} must be an array of ArrayBuffers, got ${classOf(transfer)}`);
  transfer.forEach((buffer: unknown, index) => {
    if (!(buffer instanceof ArrayBuffer)) {
      throw new TypeError(
        `${place}[${index}] must be an ArrayBuffer, got ${classOf(buffer)}: everything else is shared or copied`,
      );
    }
    if (isDetached(buffer))
      throw new NotShareableError(`${place}[${index}]: this ArrayBuffer was moved away already`);
  });
}

/** Not `String(value)`, which throws for a view of a buffer that was moved away. */
function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Moves, now that the message is accepted, what was to be moved: its bytes travel in the message already, so the sender's are let go. */
export function detach(transfer: readonly ArrayBuffer[]): void {
  for (const buffer of transfer) {
    try {
      structuredClone(undefined, { transfer: [buffer] });
    } catch {
      // The memory of a WebAssembly instance can't be detached: then it was copied, which the receiver can't tell apart.
    }
  }
}
