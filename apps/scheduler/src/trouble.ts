// The one kind of error that the program expects: its message is for the user, and says what to do. Anything else is a bug, and
// is shown with its stack.

/** What the program's exit codes mean; README.md lists them for users. */
export const EXIT = { ok: 0, failure: 1, usage: 2, fenced: 3 } as const;

/** What went wrong, for the HTTP API to choose its status by. */
export type TroubleKind = 'invalid' | 'notFound' | 'conflict' | 'forbidden' | 'unavailable' | 'failure';

/** Ends the command, or the request, with a message for the user instead of a stack. */
export class Trouble extends Error {
  override readonly name: string = 'Trouble';
  readonly kind: TroubleKind;
  readonly exitCode: number;
  /** Which fields are wrong, and how; for a form to show them. */
  readonly fields: readonly FieldProblem[];

  constructor(
    message: string,
    options: {
      kind?: TroubleKind;
      exitCode?: number;
      cause?: unknown;
      fields?: readonly FieldProblem[];
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = options.kind ?? 'failure';
    this.exitCode = options.exitCode ?? (this.kind === 'invalid' ? EXIT.usage : EXIT.failure);
    this.fields = options.fields ?? [];
  }
}

/** One field that is wrong. */
export interface FieldProblem {
  /** `schedule.cron`, `retry.backoff.min` …; empty for the whole. */
  readonly field: string;
  readonly message: string;
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
