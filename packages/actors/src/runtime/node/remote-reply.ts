/** The way of an answer to another thread. */
import type { ExitReason } from '../../supervision/exit-reason.ts';
import { OpenAsk } from '../ask.ts';
import type { Node } from '../node.ts';

/** Where the answer to a question from another thread goes. */
export class RemoteReply extends OpenAsk {
  readonly slot: number;
  readonly ask: number;
  readonly #node: Node;

  constructor(node: Node, slot: number, ask: number) {
    super();
    this.#node = node;
    this.slot = slot;
    this.ask = ask;
  }

  override tell(value: unknown): void {
    this.list?.remove(this);
    this.#node.answer(this.slot, this.ask, value);
  }

  override fail(error: unknown): void {
    this.list?.remove(this);
    this.#node.outbox.post(this.slot, ['fail', this.ask, error]);
  }

  override died(reason: ExitReason): void {
    this.list?.remove(this);
    this.#node.outbox.post(this.slot, ['died', this.ask, reason]);
  }
}
