/** A message with something to do or to check before the actor sees it: adapted messages, timer ticks, results of promises. */
export abstract class Envelope {
  /** Returns the message in its box, or `undefined` if it is void by now. Runs as part of the handling: an error is the actor's. */
  abstract open(): { readonly message: unknown } | undefined;

  /** The message for what looks at it before its turn (a mailbox that orders, or compares keys), or `undefined` if it can't be had yet. */
  preview(): { readonly message: unknown } | undefined {
    return undefined;
  }

  /** Is called when the message has been handled, successfully or not. */
  done(): void {}

  /** Runs the handling. */
  around(handle: () => unknown): unknown {
    return handle();
  }

  /** Is told if the handling failed, before `done`. */
  failed(_error: unknown): void {}

  /** What to show in a dead letter or a crash report. */
  abstract readonly content: unknown;
}

/** The message in however many envelopes, as it is, open or not. */
export function contentOf(message: unknown): unknown {
  let bare = message;
  while (bare instanceof Envelope) bare = bare.content;
  return bare;
}
