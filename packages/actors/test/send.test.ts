/** `send` to actors of other threads: credit, refusal, giving up. */
import { Event, TimeoutError } from '@heddle/core';
import { expect, test } from 'vitest';
import { ActorDiedError, ActorSystem, MailboxFullError } from '../src/index.ts';
import { gated, refusing, stuck } from './send.fixture.ts';

function start() {
  const seen: number[] = [];
  const system = new ActorSystem({ threads: 1, report: () => {} });
  const sink = system.spawn(() => (n: number) => void seen.push(n));
  const gate = new Event();
  return { system, seen, sink, gate };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve));
}

/** Waits until the actor handles one and two more fill its mailbox. */
const CAPACITY = 3;

test('send waits for room in the mailbox of another thread, first come, first served', async () => {
  const { system, seen, sink, gate } = start();
  await using _system = system;
  const ref = system.spawn(gated, { args: [gate, sink], placement: 'leastLoaded' });
  for (let n = 0; n < CAPACITY; n++) await ref.send(n);
  const sent: number[] = [];
  const waiting = [3, 4, 5].map(async n => {
    await ref.send(n);
    sent.push(n);
  });
  // One that gives up tells us that the three before it stand in line.
  await expect(ref.send(99, { timeout: 20 })).rejects.toThrow(TimeoutError);
  expect(sent).toEqual([]);
  gate.set();
  await Promise.all(waiting);
  expect(sent).toEqual([3, 4, 5]);
  await until(() => seen.length === 6);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what was given up, by time or by signal, is not delivered', async () => {
  const { system, seen, sink, gate } = start();
  await using _system = system;
  const ref = system.spawn(gated, { args: [gate, sink], placement: 'leastLoaded' });
  for (let n = 0; n < CAPACITY; n++) await ref.send(n);
  const controller = new AbortController();
  const aborted = ref.send(50, { signal: controller.signal });
  const late = ref.send(60, { timeout: 10 });
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await expect(late).rejects.toThrow(TimeoutError);
  gate.set();
  await ref.send(3);
  await until(() => seen.length === 4);
  expect(seen).toEqual([0, 1, 2, 3]);
});

test('a timeout counts while the thread stands still', async () => {
  const { system, gate } = start();
  await using _system = system;
  const ref = system.spawn(stuck, { args: [gate], placement: 'leastLoaded' });
  await ref.send(1);
  await expect(ref.send(2, { timeout: 20 })).rejects.toThrow(TimeoutError);
  gate.set();
  await ref.send(3);
});

test('a full mailbox of another thread refuses, and a dead actor is known to be dead', async () => {
  const { system, gate } = start();
  await using _system = system;
  const ref = system.spawn(refusing, { args: [gate], placement: 'leastLoaded' });
  await ref.send(1);
  await ref.send(2);
  await expect(ref.send(3)).rejects.toThrow(MailboxFullError);
  const ended = ref.whenStopped();
  system.exit(ref, { type: 'killed' });
  await ended;
  await expect(ref.send(4)).rejects.toThrow(ActorDiedError);
  gate.set();
});

test('those in line hear of the death of the actor', async () => {
  const { system, sink, gate } = start();
  await using _system = system;
  const ref = system.spawn(gated, { args: [gate, sink], placement: 'leastLoaded' });
  for (let n = 0; n < CAPACITY; n++) await ref.send(n);
  const waiting = ref.send(3);
  system.exit(ref, { type: 'killed' });
  await expect(waiting).rejects.toThrow(ActorDiedError);
});
