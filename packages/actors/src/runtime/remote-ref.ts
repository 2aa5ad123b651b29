/** References to actors of other threads: a message is copied into shared memory, where the other thread finds it. */
import type { AsyncWaitOptions } from '@heddle/core';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { traceAsk, tracing } from '../observability/hooks.ts';
import { PendingAsk, checkSignal, checkTimeout } from './ask.ts';
import type { Asked } from './ask.ts';
import type { Cell } from './cell.ts';
import type { Node } from './node.ts';
import type { Claim } from './node/claims.ts';
import { sendAway } from './node/remote-send.ts';
import { ActorRef, checkQuestion } from './ref.ts';
import type { Answer, AskOptions, Question } from './ref.ts';
import type { InternalSignal } from './signal.ts';

export class RemoteRef<in M> extends ActorRef<M> {
  readonly #node: Node;
  #asked: Asked | undefined;
  override readonly id: number;
  override readonly path: string;
  /** @internal Its agent, which was on this thread, has let it go. */
  isOver = false;

  constructor(node: Node, id: number, path: string) {
    super();
    this.#node = node;
    this.id = id;
    this.path = path;
  }

  /** @internal Whoever does something here on behalf of the actor. */
  get guardian(): Cell {
    return this.#node.guardian;
  }

  override tell(message: M): void {
    this.#node.tell(this.id, this.path, message);
  }

  /** `claim` is whose who sends in another's place. */
  override async send(message: M, options?: AsyncWaitOptions, claim?: Claim): Promise<void> {
    checkTimeout(options?.timeout, `send ${this.path}`);
    if (options?.signal !== undefined) checkSignal(options.signal, `send ${this.path}`);
    await sendAway(this.#node, this.id, this.path, message, options, claim);
  }

  // Not async: that would be one more promise, and a detour for the answer.
  override ask<T, const Q extends Question<T>>(
    this: ActorRef<T>,
    question: Q,
    options?: AskOptions,
  ): Promise<Answer<T, Q>> {
    try {
      return (this as unknown as RemoteRef<T>).#ask(question, options) as Promise<Answer<T, Q>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #ask(question: object, options: AskOptions | undefined): Promise<unknown> {
    const { path, id } = this;
    const node = this.#node;
    if (options?.timeout !== undefined) checkTimeout(options.timeout, `ask ${path}`);
    checkQuestion(question, path);
    if (options?.signal !== undefined) checkSignal(options.signal, `ask ${path}`);
    const reply = new PendingAsk((this.#asked ??= node.asked(path)), node.runtime.dispatcher);
    reply.begin(options, node.looksSoon);
    if (tracing === undefined) {
      node.ask(id, path, question, reply);
      return reply.promise;
    }
    return traceAsk(
      tracing.asks(question, { path }),
      () => node.ask(id, path, question, reply),
      reply.promise,
    );
  }

  override get alive(): boolean {
    return !this.isOver && this.#node.seemsAlive(this.id);
  }

  override whenStopped(options?: AsyncWaitOptions): Promise<ExitReason> {
    checkTimeout(options?.timeout, `whenStopped ${this.path}`);
    return this.#node.whenStopped(this as unknown as ActorRef<never>, options);
  }

  override signal(signal: InternalSignal): void {
    this.#node.signal(this as unknown as ActorRef<never>, signal);
  }
}
