/** References to actors of this thread: a message goes straight into the mailbox, as it is, uncopied. */
import type { AsyncWaitOptions } from '@heddle/core';
import { ActorDiedError } from '../errors.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { traceAsk, tracing } from '../observability/hooks.ts';
import { PendingAsk, checkSignal, checkTimeout } from './ask.ts';
import type { Asked } from './ask.ts';
import type { Cell } from './cell.ts';
import { Envelope } from './envelope.ts';
import type { Claim } from './node/claims.ts';
import { ActorRef, checkQuestion } from './ref.ts';
import type { Answer, AskOptions, Question } from './ref.ts';
import { sendTo } from './send.ts';
import type { InternalSignal } from './signal.ts';
import { whenEnded } from './when-ended.ts';

export class LocalRef<in M> extends ActorRef<M> {
  /** @internal */
  readonly cell: Cell;

  constructor(cell: Cell) {
    super();
    this.cell = cell;
  }

  override tell(message: M): void {
    this.cell.post(tracing === undefined ? message : tracing.sent(message, this.cell));
  }

  /** `claim`: who has it decides whether the message is still wanted at the moment of delivery. */
  override send(message: M, options?: AsyncWaitOptions, claim?: Claim): Promise<void> {
    const { cell } = this;
    return sendTo(cell, tracing === undefined ? message : tracing.sent(message, cell), options, claim);
  }

  override async ask<T, const Q extends Question<T>>(
    this: ActorRef<T>,
    question: Q,
    options?: AskOptions,
  ): Promise<Answer<T, Q>> {
    const { cell } = this as unknown as LocalRef<T>;
    if (options?.timeout !== undefined) checkTimeout(options.timeout, `ask ${cell.path}`);
    if (typeof question !== 'object' || question === null) checkQuestion(question, cell.path);
    if (options?.signal !== undefined) checkSignal(options.signal, `ask ${cell.path}`);
    if (cell.dispatcher.current === cell) {
      throw new TypeError(
        `ask ${cell.path}: an actor that asks itself would wait for ever; tell, or call the function`,
      );
    }
    if (!cell.open) throw new ActorDiedError(cell.path, cell.alive ? exit.shutdown : exit.noproc, 'ask');
    const reply = new PendingAsk(askedOf(cell), cell.dispatcher);
    reply.begin(options, false);
    const message = (this as unknown as LocalRef<T>).posted({ ...question, reply });
    if (tracing === undefined) cell.post(message);
    else {
      const current = tracing;
      const send = (): void => void cell.post(current.sent(message, cell));
      return (await traceAsk(current.asks(question, cell), send, reply.promise)) as Answer<T, Q>;
    }
    return (await reply.promise) as Answer<T, Q>;
  }

  /** What a question is in the mailbox. */
  protected posted(question: unknown): unknown {
    return question;
  }

  override get id(): number {
    return this.cell.id;
  }

  override get path(): string {
    return this.cell.path;
  }

  override get alive(): boolean {
    return this.cell.alive;
  }

  override whenStopped(options?: AsyncWaitOptions): Promise<ExitReason> {
    return stoppedOf(this.cell, options);
  }

  override signal(signal: InternalSignal): void {
    this.cell.signal(signal);
  }
}

function askedOf(cell: Cell): Asked {
  return {
    get path() {
      return cell.path;
    },
    asks: cell.bonds.asks,
    lateReply(message, reason) {
      cell.runtime.deadLetters.add({ message, to: undefined, path: cell.path, reason });
    },
  };
}

async function stoppedOf(cell: Cell, options: AsyncWaitOptions | undefined): Promise<ExitReason> {
  if (options?.timeout !== undefined) checkTimeout(options.timeout, `whenStopped ${cell.path}`);
  if (options?.signal !== undefined) checkSignal(options.signal, `whenStopped ${cell.path}`);
  return cell.alive ? whenEnded(cell, options, 'whenStopped') : exit.noproc;
}

/** A message for an actor that speaks another language: it is translated as part of its handling. */
class Adapted extends Envelope {
  readonly #translate: (message: unknown) => unknown;
  override readonly content: unknown;

  constructor(translate: (message: unknown) => unknown, message: unknown) {
    super();
    this.#translate = translate;
    this.content = message;
  }

  override open(): { readonly message: unknown } {
    return { message: this.#translate(this.content) };
  }

  override preview(): { readonly message: unknown } | undefined {
    try {
      return this.open();
    } catch {
      return undefined; // That is the actor's failure, when its turn comes.
    }
  }
}

/** A second address of an actor, for another type of message. */
export class AdapterRef<in M> extends LocalRef<M> {
  readonly #translate: (message: unknown) => unknown;
  #address: number | undefined;

  constructor(cell: Cell, translate: (message: unknown) => unknown) {
    super(cell);
    this.#translate = translate;
  }

  /** @internal Its number for other threads, to whom the actor's own means the actor's own ref. */
  get address(): number {
    return (this.#address ??= this.cell.runtime.nextId());
  }

  /** @internal The message as it stands in the mailbox. */
  adapted(message: unknown): unknown {
    return new Adapted(this.#translate, message);
  }

  override tell(message: M): void {
    this.cell.post(this.adapted(message));
  }

  override send(message: M, options?: AsyncWaitOptions, claim?: Claim): Promise<void> {
    return sendTo(this.cell, this.adapted(message), options, claim);
  }

  protected override posted(question: unknown): unknown {
    return this.adapted(question);
  }
}
