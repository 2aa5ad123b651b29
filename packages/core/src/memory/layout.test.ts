import { describe, expect, it } from 'vitest';
import { instantiate } from '../atomics-wasm.ts';
import * as layout from './layout.ts';

/** Field name → [first word, number of words]. */
function overlaps(fields: Record<string, readonly [number, number]>): string[] {
  const names = Object.keys(fields);
  const found: string[] = [];
  for (const [index, one] of names.entries()) {
    for (const other of names.slice(index + 1)) {
      const [a, aWords] = fields[one]!;
      const [b, bWords] = fields[other]!;
      if (a < b + bWords && b < a + aWords) found.push(`${one} and ${other}`);
    }
  }
  return found;
}

function words(
  record: Record<string, number>,
  lengths: Record<string, number> = {},
): Record<string, readonly [number, number]> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => !['end', 'words', 'bytes'].includes(name))
      .map(([name, word]) => [name, [word, lengths[name] ?? 1] as const]),
  );
}

const classes = layout.CLASS_BYTES.length;

describe('the layout of shared memory', () => {
  it('has no two fields of the header on the same word', () => {
    const header = words(layout.HEADER, {
      classes: classes * layout.CLASS_FIELDS,
      registry: layout.REGISTRY.end - layout.REGISTRY.guard,
    });
    expect(overlaps(header)).toEqual([]);
    expect(layout.HEADER.end).toBeLessThanOrEqual(layout.SHAPES.first);
    expect(layout.SHAPES.first + layout.SHAPES.most * layout.SHAPES.words).toBeLessThanOrEqual(
      layout.PAGE_WORDS,
    );
  });

  it('has no two fields of the registry on the same word, and they follow HEADER.registry', () => {
    expect(overlaps(words(layout.REGISTRY))).toEqual([]);
    expect(layout.REGISTRY.guard).toBe(layout.HEADER.registry);
    expect(layout.REGISTRY.end).toBeLessThanOrEqual(layout.HEADER.end);
  });

  it('has no two fields of an agent on the same word, and the free lists and the node fit', () => {
    const agent = words(layout.AGENT, {
      guards: layout.GUARD_DEPTH,
      freeLists: classes * 2,
      node: layout.NODE.words,
    });
    expect(overlaps(agent)).toEqual([]);
    expect(layout.AGENT.node + layout.NODE.words).toBeLessThanOrEqual(layout.AGENT_WORDS);
    expect(layout.AGENT.node % layout.LINE_WORDS).toBe(0);
  });

  it('has no two fields of a node, an object or a thread on the same word', () => {
    expect(overlaps(words(layout.NODE))).toEqual([]);
    const { own: _own, ...object } = layout.OBJECT;
    expect(overlaps(words(object))).toEqual([]);
    const thread = words(layout.THREAD, {
      nameText: layout.THREAD_NAME_BYTES / 4,
      timerInterval: 2,
      timerStart: 2,
    });
    expect(overlaps(thread)).toEqual([]);
    expect([layout.THREAD.timerInterval % 2, layout.THREAD.timerStart % 2]).toEqual([0, 0]);
    expect(layout.THREAD.ident).toBeGreaterThanOrEqual(layout.OBJECT.own);
    expect((layout.THREAD.nameText + layout.THREAD_NAME_BYTES / 4) * 4).toBeLessThanOrEqual(
      layout.THREAD.bytes,
    );
  });

  it('places page table, agent table and heap one after the other', () => {
    expect(layout.PAGE_TABLE + layout.DEFAULT_MAXIMUM_PAGES).toBeLessThanOrEqual(layout.AGENT_TABLE);
    expect(layout.AGENT_TABLE + layout.MAXIMUM_AGENTS * layout.AGENT_WORDS).toBeLessThanOrEqual(
      layout.HEAP_PAGE * layout.PAGE_WORDS,
    );
    expect(2 ** layout.PAGE_SHIFT).toBe(layout.PAGE_WORDS);
  });

  it('leaves the low bits of an agent pointer free for the flags of a guard', () => {
    expect(layout.AGENT_TABLE % layout.LINE_WORDS).toBe(0);
    expect(layout.AGENT_WORDS % layout.LINE_WORDS).toBe(0);
  });
});

describe('the WebAssembly operations', () => {
  it('do what Atomics do, at word indices', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const view = new Int32Array(memory.buffer);
    const operations = instantiate(memory);
    operations.store(5, -7);
    expect(view[5]).toBe(-7);
    expect(operations.load(5)).toBe(-7);
    expect(operations.add(5, 10)).toBe(-7);
    expect(operations.exchange(5, 0b1100)).toBe(3);
    expect(operations.and(5, 0b0110)).toBe(0b1100);
    expect(operations.or(5, 0b0001)).toBe(0b0100);
    expect(operations.compareExchange(5, 0b0101, 9)).toBe(0b0101);
    expect(operations.compareExchange(5, 0b0101, 1)).toBe(9);
    expect([...view.subarray(4, 7)]).toEqual([0, 9, 0]);
  });

  it('go on working when the memory has grown, on the new pages too', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const operations = instantiate(memory);
    memory.grow(1);
    operations.store(layout.PAGE_WORDS + 3, 42);
    expect(new Int32Array(memory.buffer)[layout.PAGE_WORDS + 3]).toBe(42);
  });
});
