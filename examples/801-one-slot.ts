// Producer and consumer around a single slot that two locks guard: one is free while the slot is empty, the other while it is full.
// Each side takes its own lock and releases the other's. A sentinel ends it.

import { AtomicCounter, Lock, Thread, main, task } from '@heddle/core';

const END = -1;

interface Slot {
  message: AtomicCounter;
  mayPut: Lock;
  mayGet: Lock;
}

function put({ message, mayPut, mayGet }: Slot, value: number): void {
  mayPut.acquire();
  message.value = value;
  mayGet.release();
}

function get({ message, mayPut, mayGet }: Slot): number {
  mayGet.acquire();
  const { value } = message;
  mayPut.release();
  return value;
}

export const produce = task(import.meta, function produce(slot: Slot) {
  for (let n = 1; n <= 10; n++) put(slot, n * n);
  put(slot, END);
});

export const consume = task(import.meta, function consume(slot: Slot) {
  const received: number[] = [];
  for (let value = get(slot); value !== END; value = get(slot)) received.push(value);
  return received;
});

main(import.meta, async () => {
  const slot: Slot = { message: new AtomicCounter(), mayPut: new Lock(), mayGet: new Lock() };
  slot.mayGet.acquire(); // there is nothing to get yet
  const consumer = new Thread(consume, { args: [slot] }).start();
  new Thread(produce, { args: [slot] }).start();
  console.log((await consumer.resultAsync()).join(' '));
});
