/**
 * How refs, replies and declarations travel inside messages: as small plain objects in their place, which core's codec carries like any other data. A message without
 * any is passed on as it is, and its receiver is told that there is nothing to look for.
 */
import { NotShareableError } from '@heddle/core';
import { isDeclared, knownActor } from '../behavior/actor.ts';
import type { Actor } from '../behavior/actor.ts';
import { OpenAsk } from './ask.ts';
import { ActorRef } from './ref.ts';

/** An error of core's codec, which speaks of the `index`-th element of what threads send each other, in words for whoever has sent it: `message.jobs[3]`. */
export function inWords(error: unknown, index: number, part: string): unknown {
  const place = `item[${index}]`;
  if (!(error instanceof NotShareableError) || !error.message.startsWith(place)) return error;
  const rest = error.message.slice(place.length);
  return new NotShareableError(part === '' ? rest.replace(/^\./, '') : part + rest);
}

/** The key of a placeholder. No property of a user's begins with a NUL by accident. */
const KEY = '\0heddle';
/** Deeper than this, cycles are looked for. */
const DEEP = 24;

export type Placeholder =
  | { readonly [KEY]: 'ref'; readonly id: number; readonly path: string }
  | { readonly [KEY]: 'reply'; readonly slot: number; readonly ask: number }
  | { readonly [KEY]: 'actor'; readonly module: string; readonly name: string };

/** What the thread does with refs and replies that leave or arrive. */
export interface Border {
  refLeaves(ref: ActorRef<never>): Placeholder;
  replyLeaves(reply: OpenAsk): Placeholder;
  refArrives(id: number, path: string): unknown;
  replyArrives(slot: number, ask: number): unknown;
}

export class Packing {
  /** Whether the last `pack` put in a placeholder. */
  found = false;
  readonly #border: Border;

  constructor(border: Border) {
    this.#border = border;
  }

  /** Returns the value, copied along the paths to refs if there are any. */
  pack(value: unknown): unknown {
    this.found = false;
    return this.#pack(value, 0, undefined);
  }

  #pack(value: unknown, depth: number, seen: Set<unknown> | undefined): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof ActorRef) return this.#put(this.#border.refLeaves(value as ActorRef<never>));
    if (value instanceof OpenAsk) return this.#put(this.#border.replyLeaves(value));
    if (ArrayBuffer.isView(value) || value instanceof Error || value instanceof ArrayBuffer) return value;
    if (depth >= DEEP) {
      seen ??= new Set();
      if (seen.has(value)) return value;
      seen.add(value);
    }
    if (Array.isArray(value)) {
      let copy: unknown[] | undefined;
      for (let n = 0; n < value.length; n++) {
        const inner = value[n] as unknown;
        const packed = this.#pack(inner, depth + 1, seen);
        if (packed !== inner) (copy ??= [...(value as unknown[])])[n] = packed;
      }
      return copy ?? value;
    }
    if (value instanceof Map) {
      const entries = this.#pack([...value], depth + 1, seen) as [unknown, unknown][];
      return entries.some(([key, inner]) => value.get(key) !== inner) ? new Map(entries) : value;
    }
    if (value instanceof Set) {
      const items = this.#pack([...value], depth + 1, seen) as unknown[];
      return items.every(item => value.has(item)) ? value : new Set(items);
    }
    if ('setup' in value && 'module' in value && isDeclared(value as Actor<never, never>)) {
      const { module, name } = value as Actor<never, never>;
      return this.#put({ [KEY]: 'actor', module: module!, name });
    }
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const inner = (value as Record<string, unknown>)[key];
      if (typeof inner !== 'object' || inner === null) continue;
      const packed = this.#pack(inner, depth + 1, seen);
      if (packed !== inner) (copy ??= { ...value })[key] = packed;
    }
    return copy ?? value;
  }

  #put(placeholder: Placeholder): Placeholder {
    this.found = true;
    return placeholder;
  }

  /** Puts refs in the places of placeholders, in a value that nobody else has. */
  unpack(value: unknown): unknown {
    return this.#unpack(value, new Set());
  }

  #unpack(value: unknown, seen: Set<unknown>): unknown {
    if (typeof value !== 'object' || value === null || seen.has(value)) return value;
    if (KEY in value) return this.#arrive(value as Placeholder);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
    seen.add(value);
    if (value instanceof Map) {
      const entries = [...value];
      value.clear();
      for (const [key, inner] of entries) value.set(this.#unpack(key, seen), this.#unpack(inner, seen));
    } else if (value instanceof Set) {
      const items = [...value];
      value.clear();
      for (const item of items) value.add(this.#unpack(item, seen));
    } else {
      for (const key of Object.keys(value)) {
        const inner = (value as Record<string, unknown>)[key];
        if (typeof inner !== 'object' || inner === null) continue;
        const unpacked = this.#unpack(inner, seen);
        if (unpacked !== inner) (value as Record<string, unknown>)[key] = unpacked;
      }
    }
    return value;
  }

  #arrive(placeholder: Placeholder): unknown {
    switch (placeholder[KEY]) {
      case 'ref':
        return this.#border.refArrives(placeholder.id, placeholder.path);
      case 'reply':
        return this.#border.replyArrives(placeholder.slot, placeholder.ask);
      default: {
        const { module, name } = placeholder;
        const known = knownActor(module, name);
        if (known !== undefined) return known;
        throw new TypeError(
          `the actor "${name}" of ${module} isn't known on this thread: import its module where it is used`,
        );
      }
    }
  }
}
