/**
 * What the two ports of a channel share in memory: a block, counted as a reference by each; in it two queues, each counted too, and for each the words of its
 * reader (`inboxes.ts`).
 *
 * CHANNEL and SIDE of a port: its channel, and 0 or 1, the number of its inbox. Written once, before anybody else can see the port.
 * ABANDONED: a word for each port, 1 when nobody has it any more. Written by whoever gives up the last reference, read by the other side.
 *
 * What stands in a queue is `[code, payload]`.
 */
import { hot, i32 } from '../atomics.ts';
import { shareableAddress } from '../codec/shareable.ts';
import { allocateZeroed } from '../memory/allocator.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { LINE_WORDS, OBJECT } from '../memory/layout.ts';
import { release, retain, revive } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { SimpleQueue } from '../queue/simple-queue.ts';
import { ring } from './inboxes.ts';

const { load, store } = hot;

/** Of a port. */
export const CHANNEL: number = OBJECT.own;
export const SIDE: number = OBJECT.own + 1;
/** Of a channel: two queues; then, on a cache line for each, what their readers and posters write. */
export const QUEUES: number = OBJECT.own;
export const ABANDONED: number = OBJECT.own + 2;
export const BELLS: readonly [number, number] = [LINE_WORDS, 2 * LINE_WORDS];
export const PORT_BYTES = 64;
export const CHANNEL_BYTES: number = 3 * LINE_WORDS * 4;

/** The thread that opened the other port. */
export const HELLO = 0;
export const MESSAGE = 1;
/** The other side has closed. */
export const CLOSED = 2;
/** The other side's thread has ended; put here by ourselves. */
export const GONE = 3;
export type Item = readonly [code: number, payload?: unknown];

/** A new port of this channel, whose reference it takes over. */
export interface Half {
  readonly channel: number;
  readonly side: 0 | 1;
}

/** Returns a channel with a reference for each of its two ports. */
export function createChannel(): number {
  const queues = [new SimpleQueue<Item>(), new SimpleQueue<Item>()];
  const channel = allocateZeroed(CHANNEL_BYTES);
  i32[channel + OBJECT.kind] = KIND.sharedChannel;
  i32[channel + OBJECT.references] = 2;
  queues.forEach((queue, side) => {
    i32[channel + QUEUES + side] = counted(queue);
    queue.dispose();
  });
  return channel;
}

export function addressOf(object: object): number {
  return (object as Record<typeof shareableAddress, () => number>)[shareableAddress]();
}

/** The pointer of an object, with a reference added. */
function counted(object: object): number {
  const pointer = addressOf(object);
  retain(pointer);
  return pointer;
}

/** How many ports of this thread use a queue: both of a channel's may be open here, and the handle is one. */
const users = new WeakMap<SimpleQueue<Item>, number>();

export function queueAt(word: number): SimpleQueue<Item> {
  const pointer = load(word);
  retain(pointer);
  const queue = revive(pointer) as SimpleQueue<Item>;
  users.set(queue, (users.get(queue) ?? 0) + 1);
  return queue;
}

export function leaveQueue(queue: SimpleQueue<Item>): void {
  const others = users.get(queue)! - 1;
  users.set(queue, others);
  if (others === 0) queue.dispose();
}

/** Nobody has the port any more: tells the other side, whoever that is by now, and gives up the channel. */
export function destroyPort(port: number): void {
  const channel = i32[port + CHANNEL]!;
  const side = i32[port + SIDE]! as 0 | 1;
  ensureMapped(channel + CHANNEL_BYTES / 4);
  store(channel + ABANDONED + side, 1);
  ring(channel + BELLS[side === 0 ? 1 : 0]);
  release(channel);
}

registerKind(KIND.sharedChannel, {
  revive() {
    throw new Error('heddle: a channel never travels, its ports do');
  },
  destroy(channel) {
    release(i32[channel + QUEUES]!);
    release(i32[channel + QUEUES + 1]!);
  },
  lines: [],
});
