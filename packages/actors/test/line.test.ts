/** Lines of parked packets: what a thread that dies leaves, however far it was with reading it, the next finds whole and in order. */
import { SimpleQueue } from '@heddle/core';
import { expect, test } from 'vitest';
import { Line } from '../src/runtime/node/line.ts';
import type { SharedLine } from '../src/runtime/node/line.ts';
import type { Packet } from '../src/runtime/node/packet.ts';

const packet = (n: number): Packet => ['discard', n];
const upTo = (count: number, from = 0): Packet[] => Array.from({ length: count }, (_, n) => packet(from + n));

function drain(line: Line): Packet[] {
  const packets: Packet[] = [];
  for (let next = line.take(); next !== undefined; next = line.take()) packets.push(next);
  return packets;
}

test.each(upTo(12).map((_, turns) => turns))(
  'a reader that died after %i turns leaves the order as it was',
  turns => {
    const shared: SharedLine = new SimpleQueue();
    const line = new Line(shared);
    for (const each of upTo(7)) line.put(each);
    expect([line.take(), line.take()]).toEqual(upTo(2));
    for (let n = 0; n < turns; n++) shared.put(shared.get());

    const next = new Line(shared);
    const seen: Packet[] = [];
    next.takeOver(each => seen.push(each));
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(expect.arrayContaining(upTo(5, 2)));
    next.put(packet(7));
    expect(next.size).toBe(6);

    // And once more, with what the second has added.
    shared.put(shared.get());
    const last = new Line(shared);
    last.takeOver(() => {});
    expect(drain(last)).toEqual(upTo(6, 2));
    expect(last.size).toBe(0);
  },
);

test('what was taken over goes on in order', () => {
  const shared: SharedLine = new SimpleQueue();
  for (let round = 0; round < 5; round++) {
    const line = new Line(shared);
    line.takeOver(() => {});
    expect(line.size).toBe(round * 2);
    for (let n = 0; n < 3; n++) line.put(packet(round * 3 + n));
    expect(line.take()).toEqual(packet(round));
  }
  const line = new Line(shared);
  line.takeOver(() => {});
  expect(drain(line)).toEqual(upTo(10, 5));
});

test('without shared memory packets wait in the heap, behind those in it', () => {
  const shared: SharedLine = new SimpleQueue();
  const line = new Line(shared);
  line.put(packet(0));
  const { put } = shared;
  shared.put = () => {
    throw new RangeError('exhausted');
  };
  line.put(packet(1));
  shared.put = put;
  line.put(packet(2));
  expect(line.size).toBe(3);
  expect(shared.size).toBe(1);
  expect(drain(line)).toEqual(upTo(3));
});
