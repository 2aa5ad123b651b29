/** Refs and replies as a dedicated actor has them: what goes to them goes through the thread that started the actor. */
import type { AsyncWaitOptions, SimpleQueue } from '@heddle/core';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import { OpenAsk } from '../ask.ts';
import type { Connection } from '../dedicated-thread.ts';
import { ActorRef, checkQuestion } from '../ref.ts';
import type { Answer, AskOptions, Question } from '../ref.ts';
import { messageName } from '../report.ts';
import { Packing, inWords } from '../wire.ts';
import type { Border, Placeholder } from '../wire.ts';
import type { Outward } from './packet.ts';
import { Requests } from './requests.ts';
import type { BlockingOptions } from './requests.ts';

export class OutwardBorder implements Border {
  readonly packing: Packing = new Packing(this);
  readonly requests: Requests;
  readonly #outbox: SimpleQueue<Outward>;

  constructor({ outbox, verdicts, stopEvent }: Connection) {
    this.#outbox = outbox;
    this.requests = new Requests(
      verdicts,
      stopEvent,
      packet => this.send(packet),
      value => this.packing.unpack(value),
    );
  }

  /** Throws what the codec does. */
  send(packet: Outward): void {
    this.#outbox.put(packet);
  }

  refLeaves(ref: ActorRef<never>): Placeholder {
    return { '\0heddle': 'ref', id: ref.id, path: ref.path };
  }

  replyLeaves(reply: OpenAsk): Placeholder {
    return { '\0heddle': 'reply', slot: 0, ask: (reply as OutwardReply).ask };
  }

  refArrives(id: number, path: string): unknown {
    return new OutwardRef(this, id, path);
  }

  replyArrives(_slot: number, ask: number): unknown {
    return new OutwardReply(this, ask);
  }
}

/** A ref in a dedicated actor. */
export class OutwardRef extends ActorRef<unknown> {
  override readonly id: number;
  override readonly path: string;
  readonly #out: OutwardBorder;

  constructor(out: OutwardBorder, id: number, path: string) {
    super();
    this.#out = out;
    this.id = id;
    this.path = path;
  }

  override tell(message: unknown): void {
    const { packing } = this.#out;
    try {
      this.#out.send(['tell', this.id, packing.pack(message), packing.found]);
    } catch (error) {
      this.#out.send(['lost', this.path, messageName(message), inWords(error, 2, 'message')]);
    }
  }

  override async send(message: unknown, options?: AsyncWaitOptions): Promise<void> {
    await this.#request('send', message, options);
  }

  override async ask<T, const Q extends Question<T>>(
    this: ActorRef<T>,
    question: Q,
    options?: AskOptions,
  ): Promise<Answer<T, Q>> {
    checkQuestion(question, this.path);
    return (await (this as unknown as OutwardRef).#request('ask', question, options)) as Answer<T, Q>;
  }

  #request(doing: 'ask' | 'send', message: unknown, options: AsyncWaitOptions | undefined): Promise<unknown> {
    const { packing, requests } = this.#out;
    return requests.request(doing, this.id, this.path, packing.pack(message), packing.found, options);
  }

  askBlocking(question: unknown, options: BlockingOptions): unknown {
    checkQuestion(question, this.path);
    const { packing, requests } = this.#out;
    return requests.askBlocking(this.id, this.path, packing.pack(question), packing.found, options);
  }

  sendBlocking(message: unknown, options: BlockingOptions): void {
    const { packing, requests } = this.#out;
    requests.sendBlocking(this.id, this.path, packing.pack(message), packing.found, options);
  }

  override get alive(): boolean {
    return true;
  }

  override whenStopped(): never {
    throw new TypeError(`whenStopped ${this.path}: not from a dedicated actor`);
  }

  override signal(): never {
    throw new TypeError(`${this.path}: a dedicated actor can't watch, link or exit others`);
  }
}

class OutwardReply extends OpenAsk {
  readonly #out: OutwardBorder;
  readonly ask: number;

  constructor(out: OutwardBorder, ask: number) {
    super();
    this.#out = out;
    this.ask = ask;
  }

  override tell(value: unknown): void {
    const { packing } = this.#out;
    try {
      this.#out.send(['reply', this.ask, packing.pack(value), packing.found]);
    } catch (error) {
      this.fail(inWords(error, 2, 'answer'));
    }
  }

  override fail(error: unknown): void {
    this.#out.send(['fail', this.ask, error]);
  }

  override died(reason: ExitReason): void {
    this.fail(reason);
  }
}
