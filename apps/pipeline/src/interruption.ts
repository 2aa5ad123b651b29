// Turns the first Ctrl-C into a request to come to an end. The second one does what it does in any program: it ends it at once,
// because by then nothing listens any more. This file is loaded before anything else and needs nothing.

const CODES: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
];

export class Interruption {
  readonly #handlers: (() => void)[] = [];
  #exitCode: number | undefined;

  /** The exit code that tells of the signal, or undefined as long as none has come. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Begins to listen. */
  listen(): void {
    const listeners = CODES.map(([signal, exitCode]) => {
      const listener = (): void => {
        // Both, so that the next signal of either kind finds no one and ends the process, whatever its threads are doing.
        for (const [each, registered] of listeners) process.removeListener(each, registered);
        this.#exitCode = exitCode;
        for (const handler of this.#handlers) handler();
      };
      process.on(signal, listener);
      return [signal, listener] as const;
    });
  }

  /** Calls `handler` when the signal comes, or at once if it has come. */
  onSignal(handler: () => void): void {
    if (this.#exitCode === undefined) this.#handlers.push(handler);
    else handler();
  }
}
