/**
 * `Succession`: what a thread knows at its birth of the deaths before it, and the claims that it makes then.
 *
 * A thread S that takes the place of a dead one waits until each other slot has made its claims at it (`parked.ts`). The threads there make them when they take the news,
 * `threadDied`, out of their inboxes. So that S doesn't wait for ever, a claim of each slot C has to come whatever dies, and so that no order is lost or doubled, before the first
 * order of whoever is in C then:
 *
 * ```
 *  C          takes the news of S ─────▶ claims ─────▶ orders                  as a rule
 *  C          takes the news of S ──✝                                          the news has died with C
 *  C's successor                       born knowing of S ▶ claims nothing ─▶ orders
 * ```
 *
 * The main thread hears of all deaths, one after the other, and counts them by slot; who is born is told the counts (`generations`). For each pair of S and C, the main thread
 * hears of C's death either
 *
 * - *after S's*: then C's successor is born knowing of S, and its first act is to claim nothing: the actors of C have died, and whoever starts them again will give orders behind that. If C
 *   had claimed before, S has heard that slot, and this is void: what C had claimed is freed by the news of C's death, which S gets as well. Or
 * - *before S's*: then C's successor doesn't know of S when it is born, and the news is put into its inbox after that. It isn't lost before there is somebody to take it, and if
 *   that one dies of it, *its* successor is of the first kind.
 *
 * **Old news.** If C dies before it has taken the news of S, its successor finds it in the inbox. It concerns nothing that the successor does: all that is later than S's death, so S's slot has
 * been the living thread's all the while. Ending agents, watches and questions there on its account would be wrong. How it is told from news: by the count, which is one that the successor was
 * born with. Only what the dead S itself has claimed, in the same inbox before, is freed by it.
 *
 * The news is in all inboxes before S's successor is started, so what comes from its slot behind the news is its own, and what came before the dead one's.
 */
import type { Outbox } from './outbox.ts';

export class Succession {
  /** How many have died in this slot before. */
  readonly generation: number;
  /** The slots of all other threads. */
  readonly others: readonly number[];
  readonly #slot: number;
  readonly #generations: readonly number[];

  /** `generations`: how many threads had died in each slot when this one began. */
  constructor(slot: number, generations: readonly number[]) {
    this.#slot = slot;
    this.#generations = [...generations];
    this.generation = generations[slot]!;
    this.others = [...generations.keys()].filter(other => other !== slot);
  }

  /** Whether a thread had died before this one began, by the generation of who took its place. */
  isOld(slot: number, successor: number): boolean {
    return successor <= this.#generations[slot]!;
  }

  /** The first act of who takes a dead thread's place: its predecessor may have died before it made its claims, and nothing that it knew of comes back by its doing. */
  claimNothing(outbox: Outbox): void {
    if (this.generation === 0) return;
    for (const other of this.others) {
      const successor = this.#generations[other]!;
      if (successor === 0) continue;
      outbox.post(other, ['claims', successor, [], this.#slot]);
      outbox.send(other);
    }
  }
}
