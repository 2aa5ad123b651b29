/** Questions and sends that a cell runs for its dedicated actor, and whose verdicts it hands over. */
import { ActorDiedError, MailboxFullError } from '../../errors.ts';
import { callRefused } from '../calls.ts';
import type { Cell } from '../cell.ts';
import { LocalRef } from '../local-ref.ts';
import type { ActorRef } from '../ref.ts';
import type { RemoteRef } from '../remote-ref.ts';
import { inWords } from '../wire.ts';
import type { Packing } from '../wire.ts';
import type { Outward, Verdict, VerdictQueues } from './packet.ts';

type Errand = Extract<Outward, { 0: 'ask' | 'send' }>;

export class Errands {
  readonly #cell: Cell;
  readonly #queues: VerdictQueues;
  readonly #packing: Packing;
  readonly #underWay = new Map<number, AbortController>();

  constructor(cell: Cell, queues: VerdictQueues, packing: Packing) {
    this.#cell = cell;
    this.#queues = queues;
    this.#packing = packing;
  }

  /** Asks or sends, and has the verdict handed over. */
  run(errand: Errand, ref: ActorRef<never>, content: unknown): void {
    const [kind, , , , request, blocks] = errand;
    const controller = new AbortController();
    this.#underWay.set(request, controller);
    const { signal } = controller;
    const over = (verdict: Verdict): void => {
      // Nobody waits any more for what was given up.
      if (this.#underWay.delete(request)) this.#tell(blocks, verdict);
    };
    const made =
      kind === 'ask'
        ? this.#ask(ref, content, signal, blocks)
        : this.#send(ref, content, signal, blocks, errand[6]);
    made.then(
      value => {
        const packed = this.#packing.pack(value);
        over(['done', request, packed, this.#packing.found]);
      },
      (error: unknown) => over(inParts(request, error)),
    );
  }

  async #ask(
    ref: ActorRef<never>,
    question: unknown,
    signal: AbortSignal,
    blocks: boolean,
  ): Promise<unknown> {
    this.#checkSelf('ask', ref, blocks);
    const refusal = ref instanceof LocalRef ? callRefused(ref.cell, question) : undefined;
    if (refusal !== undefined) throw refusal;
    return (ref as ActorRef<{ reply: never }>).ask(question as object, { timeout: Infinity, signal });
  }

  async #send(
    ref: ActorRef<never>,
    message: unknown,
    signal: AbortSignal,
    blocks: boolean,
    claim: Extract<Errand, { 0: 'send' }>[6],
  ): Promise<void> {
    this.#checkSelf('send', ref, blocks);
    await (ref as LocalRef<never> | RemoteRef<never>).send(message as never, { signal }, claim);
  }

  #checkSelf(doing: string, ref: ActorRef<never>, blocks: boolean): void {
    if (!blocks || ref.id !== this.#cell.id) return;
    throw new TypeError(`${doing} ${ref.path}: an actor that blocks for itself would wait for ever; tell`);
  }

  #tell(blocks: boolean, verdict: Verdict): void {
    const queue = this.#queues[blocks ? 0 : 1];
    try {
      queue.put(verdict);
    } catch (error) {
      const word = verdict[0] === 'done' ? 'answer' : 'error';
      queue.put(['failed', verdict[1], inWords(error, 2, word)]);
    }
  }

  /** It can't be run. */
  refuse([, , , , request, blocks]: Errand, error: unknown): void {
    this.#tell(blocks, ['failed', request, error]);
  }

  giveUp(request: number): void {
    const controller = this.#underWay.get(request);
    this.#underWay.delete(request);
    controller?.abort();
  }

  /** The thread has ended. */
  giveUpAll(): void {
    for (const request of this.#underWay.keys()) this.giveUp(request);
  }
}

function inParts(request: number, error: unknown): Verdict {
  if (error instanceof ActorDiedError) return ['died', request, error.reason];
  if (error instanceof MailboxFullError) return ['full', request, error.message];
  return ['failed', request, error];
}
