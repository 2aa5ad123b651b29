/** Names words for people: as the scenario calls them, else by their path in its state. */
import { numberOf } from '../instrument/buffers.ts';
import type { Found } from '../instrument/buffers.ts';
import type { Place } from '../scenario.ts';

interface Named {
  readonly buffer: number;
  readonly offset: number;
  readonly name: string;
}

/** The names of one schedule's words. */
export class Places {
  readonly #found: ReadonlyArray<Found & { readonly number: number }>;
  readonly #named: readonly Named[];

  constructor(found: readonly Found[], names: Record<string, Place>) {
    this.#found = found.map(each => ({ ...each, number: numberOf(each.buffer) }));
    this.#named = Object.entries(names).map(([name, [view, index]]) => {
      const { BYTES_PER_ELEMENT = 1 } = view as ArrayBufferView & { BYTES_PER_ELEMENT?: number };
      return { name, buffer: numberOf(view.buffer), offset: view.byteOffset + index * BYTES_PER_ELEMENT };
    });
  }

  name(buffer: number, offset: number, bytes: number): string {
    if (buffer < 0) return '';
    const named = this.#named.find(each => each.buffer === buffer && each.offset === offset);
    if (named !== undefined) return named.name;
    // The typed array of the right width that begins nearest before it.
    const candidates = this.#found.filter(each => each.number === buffer && each.byteOffset <= offset);
    const found =
      candidates.findLast(each => each.bytesPerElement === bytes) ??
      candidates.findLast(each => each.bytesPerElement > 0) ??
      candidates[0];
    if (found === undefined) return `buffer${buffer}+${offset}`;
    const path = found.path === '' ? 'state' : found.path;
    if (found.bytesPerElement === 0) return `${path}+${offset}`;
    return `${path}[${(offset - found.byteOffset) / found.bytesPerElement}]`;
  }

  /** The low 32 bits of what the word holds now. */
  value(buffer: number, offset: number): number | undefined {
    const found = this.#found.find(each => each.number === buffer);
    return found === undefined ? undefined : new Int32Array(found.buffer, offset & ~3, 1)[0];
  }
}
