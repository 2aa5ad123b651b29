// The one kind of error that the program expects: its message is for the user, and says what to do. Anything else is a bug, and
// is shown with its stack.

/** What the program's exit codes mean; README.md lists them for users. */
export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** Ends the program with a message for the user instead of a stack. */
export class Trouble extends Error {
  override readonly name: string = 'Trouble';
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** Tells whether an error is a `Trouble`, also when it came from another thread, where its class may have been lost. */
export function isTrouble(error: unknown): error is Trouble {
  return error instanceof Error && error.name === 'Trouble';
}

/** Describes any thrown value in one line. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the code of a system error (`ENOENT`), or `''`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
