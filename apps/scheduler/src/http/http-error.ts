// What is answered when a request can't be served.

import { type FieldProblem, isTrouble, type TroubleKind } from '../trouble.ts';

/** An answer with an error's status. */
export class HttpError extends Error {
  override readonly name: string = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const STATUS: Readonly<Record<TroubleKind, number>> = {
  invalid: 400,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  unavailable: 503,
  failure: 500,
};

/** The body of such an answer. */
export interface ErrorBody {
  readonly error: string;
  readonly fields?: readonly FieldProblem[];
}

/** Returns status and body for an error; undefined for one that is a bug, about which the client learns nothing. */
export function answerFor(error: unknown): { status: number; body: ErrorBody } | undefined {
  if (error instanceof HttpError) return { status: error.status, body: { error: error.message } };
  if (!isTrouble(error)) return undefined;
  const fields = error.fields.length === 0 ? {} : { fields: error.fields };
  return { status: STATUS[error.kind], body: { error: error.message, ...fields } };
}
