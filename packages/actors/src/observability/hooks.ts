/**
 * What tracing does with messages, in this thread. There is none unless somebody installs it (`@heddle/actors/opentelemetry`); then the only cost for all others is to find that
 * there is none.
 */
import { Envelope } from '../runtime/envelope.ts';

/** A question on its way, from its being asked to its being settled. */
export interface AskTrace {
  /** Sends the question; what is sent in it belongs to the trace. */
  run(action: () => void): void;
  answered(): void;
  failed(error: unknown): void;
}

/** Where a message goes. `path` is made anew at each reading. */
export interface Destination {
  readonly path: string;
}

export interface Tracing {
  /** A message is put into the mailbox of an actor of this thread. */
  sent(message: unknown, to: Destination): unknown;
  /** A message leaves for another thread: what says there where it came from. */
  departs(): string | undefined;
  /** A message comes from another thread, with what `departs` returned there. */
  arrives(message: unknown, to: Destination, from: string): unknown;
  asks(question: unknown, to: Destination): AskTrace;
}

/** A message with its trace. */
export abstract class TracedMessage extends Envelope {
  override preview(): { readonly message: unknown } {
    return { message: this.content };
  }
}

/** The message itself, for what looks at it before its turn. */
export function untraced(message: unknown): unknown {
  return message instanceof TracedMessage ? message.content : message;
}

export let tracing: Tracing | undefined;

/** Installs tracing in this thread, or ends it. */
export function setTracing(wanted: Tracing | undefined): void {
  tracing = wanted;
}

/** Follows a question that was sent by `send` until its promise is settled. */
export function traceAsk(trace: AskTrace, send: () => void, answer: Promise<unknown>): Promise<unknown> {
  trace.run(send);
  return answer.then(
    value => {
      trace.answered();
      return value;
    },
    (error: unknown) => {
      trace.failed(error);
      throw error;
    },
  );
}
