/** `get({ into })`: bytes into memory that the caller has. */
import { describe, expect, it } from 'vitest';
import { memoryUsage, Queue, QueueEmptyError, SharedBuffer, Thread } from '../../src/index.ts';
import * as tasks from './queue.fixture.ts';

/** Bytes that tell where they belong. */
function numbered(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + 3) & 255);
}

/** In line, in blocks of their own, and larger than the inbox. */
const LENGTHS = [1, 8, 100, 4095, 4096, 4097, 70_001, 2 ** 20];

describe.each(tasks.makers)('%s', (_name, make) => {
  it.each(LENGTHS)('copies %i bytes to where the caller says', length => {
    const queue = make();
    const item = numbered(length);
    const into = new ArrayBuffer(2 ** 20);
    for (const take of [
      () => queue.get({ into }),
      () => queue.tryGet({ into })!.value,
      () => queue.getNowait({ into }),
    ]) {
      new Uint8Array(into).fill(255);
      queue.put(item);
      const got = take() as Uint8Array;
      expect(got.constructor).toBe(Uint8Array);
      expect(got.buffer).toBe(into);
      expect([got.byteOffset, got.byteLength]).toEqual([0, length]);
      expect(Buffer.compare(got, item)).toBe(0);
      // Nothing behind it was touched.
      expect(new Uint8Array(into).subarray(length).every(byte => byte === 255)).toBe(true);
    }
  });

  it('does so when the item comes later, for promises and for threads', async () => {
    const queue = make();
    const into = new ArrayBuffer(10_000);
    const promised = queue.getAsync({ into });
    queue.put(numbered(10_000));
    const got = (await promised) as Uint8Array;
    expect(got.buffer).toBe(into);
    expect(Buffer.compare(got, numbered(10_000))).toBe(0);

    const thread = new Thread(tasks.takeInto, { args: [queue, 20_000] }).start();
    queue.put(numbered(15_000));
    expect(await thread.resultAsync()).toEqual([
      true,
      15_000,
      numbered(15_000).reduce((sum, byte) => sum + byte, 0),
    ]);
  });
});

describe('what is copied', () => {
  it.each([
    new DataView(numbered(8192).buffer),
    new Float64Array(numbered(8192).buffer.slice(0)),
    new BigInt64Array(numbered(64).buffer),
    new Uint8ClampedArray(numbered(5000)),
  ])('keeps the class of a view', item => {
    const queue = new Queue<ArrayBufferView>();
    const into = new ArrayBuffer(8192);
    queue.put(item);
    const got = queue.get({ into });
    expect(got.constructor).toBe(item.constructor);
    expect(got.buffer).toBe(into);
    expect(got.byteLength).toBe(item.byteLength);
    const bytes = (view: ArrayBufferView): Uint8Array =>
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    expect(Buffer.compare(bytes(got), bytes(item))).toBe(0);
  });

  it.each([16, 5000])('is the bytes of a view of a part, of %i', length => {
    const queue = new Queue<Uint8Array>();
    const into = new ArrayBuffer(length);
    const whole = numbered(2 * length);
    queue.put(whole.subarray(length));
    const got = queue.get({ into });
    expect(got.buffer).toBe(into);
    expect(Buffer.compare(got, whole.subarray(length))).toBe(0);
  });

  it.each([16, 5000])('is an ArrayBuffer of %i bytes only if the memory is as long', length => {
    const queue = new Queue<ArrayBuffer>();
    const item = numbered(length).buffer;
    const [exact, longer] = [new ArrayBuffer(length), new ArrayBuffer(length + 8)];
    queue.put(item);
    expect(queue.get({ into: exact })).toBe(exact);
    expect(exact).toEqual(item);
    queue.put(item);
    const fresh = queue.get({ into: longer });
    expect(fresh).not.toBe(longer);
    expect(fresh).toEqual(item);
    expect(new Uint8Array(longer).every(byte => byte === 0)).toBe(true);
  });

  it('isn’t what doesn’t fit, what isn’t bytes, or what is shared', () => {
    const queue = new Queue<unknown>();
    const into = new ArrayBuffer(4096);
    const shared = new SharedBuffer(64);
    for (const item of [numbered(4097), numbered(70_000), 5, 'text', { data: numbered(10) }, undefined]) {
      queue.put(item);
      expect(queue.get({ into })).toEqual(item);
    }
    queue.put(shared);
    expect(queue.get({ into })).toBe(shared);
    expect(new Uint8Array(into).every(byte => byte === 0)).toBe(true);
  });

  it('is freed from shared memory', () => {
    const queue = new Queue<Uint8Array>();
    const into = new ArrayBuffer(2 ** 20);
    const pass = (): void => {
      queue.put(numbered(2 ** 20));
      queue.get({ into });
    };
    pass();
    const { used } = memoryUsage();
    for (let round = 0; round < 20; round++) pass();
    expect(memoryUsage().used).toBe(used);
  });
});

describe('memory that can’t take bytes', () => {
  it('is refused before anything is taken', async () => {
    const queue = new Queue<Uint8Array>();
    queue.put(numbered(10));
    const detached = new ArrayBuffer(10);
    structuredClone(detached, { transfer: [detached] });
    const wrong: Array<[unknown, RegExp]> = [
      [
        new Uint8Array(10),
        /^Queue\.get\w*: into must be an ArrayBuffer, got an object of class Uint8Array; pass its \.buffer$/,
      ],
      [new SharedArrayBuffer(10), /into must be an ArrayBuffer, got an object of class SharedArrayBuffer$/],
      [1024, /into must be an ArrayBuffer, got 1024 \(number\)$/],
      [null, /into must be an ArrayBuffer, got null \(object\)$/],
      [detached, /^Queue\.\w+: into is detached/],
    ];
    for (const [into, message] of wrong) {
      const options = { into: into as ArrayBuffer };
      expect(() => queue.get(options)).toThrow(message);
      expect(() => queue.tryGet(options)).toThrow(TypeError);
      expect(() => queue.getNowait(options)).toThrow(TypeError);
      await expect(queue.getAsync(options)).rejects.toThrow(message);
    }
    expect(queue.size).toBe(1);
    expect(() => new Queue().get({ into: new ArrayBuffer(1), timeout: 0 })).toThrow(QueueEmptyError);
  });

  it('doesn’t lose an item if it is detached while its owner waits', async () => {
    const queue = new Queue<Uint8Array>();
    for (const length of [0, 10, 5000]) {
      const into = new ArrayBuffer(5000);
      const promised = queue.getAsync({ into });
      structuredClone(into, { transfer: [into] });
      queue.put(numbered(length));
      expect(await promised).toEqual(numbered(length));
    }
  });
});
