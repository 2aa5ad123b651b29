/** Makes a class of queue known to the layers below. */
import { registerKind } from '../memory/kinds.ts';
import { Existing } from '../memory/shared-object.ts';
import { linesOf, repairQueue } from './lines.ts';
import type { Store } from './store.ts';
import { dropAll } from './traffic.ts';
import type { Discipline } from './traffic.ts';

/** `create` makes a handle for a queue that is there already. */
export function register(
  type: string,
  kind: number,
  store: Store,
  create: (existing: unknown) => object,
): Discipline {
  const lines = linesOf(type, store);
  registerKind(kind, {
    revive: pointer => create(new Existing(pointer)),
    destroy(queue) {
      dropAll(queue, store);
      store.destroy(queue);
    },
    lines: [lines.getters, lines.putters, lines.joiners],
    repair: (queue, dead) => repairQueue(queue, store, dead),
    repairSecond: queue => store.repairIn?.(queue),
  });
  return { type, kind, store, lines };
}
