/** Addresses that lead nowhere: what is told to them is an effect. */
import { ActorRef } from '../runtime/ref.ts';
import type { Answer, Question } from '../runtime/ref.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Recorder } from './effects.ts';

let numbers = 0;

export class EffectRef<in M> extends ActorRef<M> {
  override readonly id: number;
  override readonly path: string;
  override readonly alive = true;
  readonly #record: Recorder;

  constructor(path: string, record: Recorder) {
    super();
    this.id = numbers += 1;
    this.path = path;
    this.#record = record;
  }

  override tell(message: M): void {
    this.#record({ type: 'told', path: this.path, message });
  }

  override async send(message: M): Promise<void> {
    this.tell(message);
  }

  override ask<T, const Q extends Question<T>>(this: ActorRef<T>, question: Q): Promise<Answer<T, Q>> {
    const { path } = this;
    const record = (this as unknown as EffectRef<T>).#record;
    return new Promise((resolve, reject) => {
      const reply = { tell: resolve as (value: unknown) => void, fail: reject };
      record({ type: 'asked', path, question, reply });
    });
  }

  override whenStopped(): Promise<ExitReason> {
    return Promise.resolve(exit.noproc);
  }

  override signal(): void {}
}

/** As an adapter: translated at once. */
export class AdaptedEffectRef<in T, M> extends EffectRef<T> {
  readonly #self: ActorRef<M>;
  readonly #translate: (message: T) => M;

  constructor(self: ActorRef<M>, translate: (message: T) => M) {
    super(`${self.path}/adapter`, () => {});
    this.#self = self;
    this.#translate = translate;
  }

  override tell(message: T): void {
    this.#self.tell(this.#translate(message));
  }
}
