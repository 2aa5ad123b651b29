/** What nobody has any more is found, also by threads that never come to their event loop, and before shared memory is said to be full. */
import { expect, test } from 'vitest';
import {
  Queue,
  SharedBuffer,
  SharedMemoryExhaustedError,
  Thread,
  configureMemory,
  memoryUsage,
} from '../../src/index.ts';
import { eat, feed, keepSome } from './garbage.fixture.ts';

const MIB = 2 ** 20;

test('two blocking threads hand on three times as many bytes as there are, and dispose of nothing', async () => {
  const buffers = new Queue<SharedBuffer>({ maxsize: 8 });
  const eater = new Thread(eat, { args: [buffers] }).start();
  const feeder = new Thread(feed, { args: [buffers, 3000, MIB] }).start();
  expect(await eater.resultAsync()).toBe(3000);
  await feeder.resultAsync();
  expect(memoryUsage().maximum).toBeLessThan(3000 * MIB);
}, 100_000);

test('so does an event loop, with a blocking thread', async () => {
  const buffers = new Queue<SharedBuffer>({ maxsize: 8 });
  const eater = new Thread(eat, { args: [buffers] }).start();
  for (let n = 0; n < 2000; n++) {
    const buffer = new SharedBuffer(MIB);
    buffer.bytes[0] = 1;
    await buffers.putAsync(buffer);
  }
  buffers.shutdown();
  expect(await eater.resultAsync()).toBe(2000);
}, 100_000);

test('small objects of a loop without an end do not pile up, and those that are kept stay', async () => {
  const before = memoryUsage().used;
  // 2 KiB each: 400 MiB in all.
  const { most, usable, same } = await new Thread(keepSome, { args: [200_000, 1500] }).start().resultAsync();
  expect([usable, same]).toEqual([2000, 2000]);
  expect(most - before).toBeLessThan(250 * MIB);
}, 100_000);

test('before memory is full what nobody has is looked for; what somebody has stays, and then it is full', () => {
  const { maximum, committed } = memoryUsage();
  configureMemory({ maximumBytes: committed + 20 * MIB });
  const made: SharedBuffer[] = [];
  const fill = (): void => {
    for (;;) made.push(new SharedBuffer(4 * MIB));
  };
  try {
    expect(fill).toThrow(SharedMemoryExhaustedError);
    expect(made.length).toBeGreaterThan(2);
    const [first, second, ...others] = made;
    for (const buffer of [first!, second!]) buffer.dispose();
    // In a function, so that nothing of the last one stays in this one's frame.
    const drop = (): number => new SharedBuffer(4 * MIB).byteLength;
    for (let n = 0; n < 20; n++) expect(drop()).toBe(4 * MIB);
    for (const buffer of others) expect(buffer.bytes.length).toBe(4 * MIB);
  } finally {
    for (const buffer of made) buffer.dispose();
    configureMemory({ maximumBytes: maximum });
  }
}, 100_000);
