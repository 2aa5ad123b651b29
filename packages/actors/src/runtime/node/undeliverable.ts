/** What becomes of packets that can't travel: whoever waits for them is told, and no sender is thrown at. */
import { exit } from '../../supervision/exit-reason.ts';
import { NotShareableError } from '@heddle/core';
import type { Node } from '../node.ts';
import { messageName } from '../report.ts';
import { inWords } from '../wire.ts';
import { MOST_SLOTS } from '../runtime.ts';
import type { Guests } from './guests.ts';
import type { Packet } from './packet.ts';
import type { Questions } from './questions.ts';

/** Where in a packet the user's own stands, and what the user calls it. */
const CONTENT: Partial<Record<Packet[0], readonly [index: number, part: string]>> = {
  tell: [3, 'message'],
  send: [3, 'message'],
  reply: [2, 'answer'],
  spawn: [1, ''],
  started: [3, 'started'],
};

/** The options of a declaration are known on every thread, functions and classes among them; those of a spawn have to travel. */
function inWordsOfSpawn(error: unknown, declaration: string): unknown {
  if (!(error instanceof NotShareableError)) return error;
  const [, place, option] = /^(options\.(\w+)[^:]*):/.exec(error.message) ?? [];
  if (option === undefined) return error;
  return new NotShareableError(
    `${place}: functions and classes cannot be sent to another thread, where this actor runs: declare them with it, actor(import.meta, ${declaration}, { ${option}: … })`,
  );
}

/** The value can't be shared, or there is no memory left. The sender isn't thrown at. */
export function undeliverable(
  node: Node,
  questions: Questions,
  guests: Guests,
  packet: Packet,
  cause: unknown,
): void {
  const { runtime, outbox } = node;
  const [index, part] = CONTENT[packet[0]] ?? [-1, ''];
  const error = inWords(cause, index, part);
  switch (packet[0]) {
    case 'tell': {
      const [, , path, message, form] = packet;
      const reply = (message as { reply?: { ask?: number } } | null)?.reply;
      const ask = typeof form === 'number' ? form : reply?.ask;
      if (typeof ask === 'number') questions.get(ask)?.fail(error);
      else runtime.report({ type: 'callbackFailed', path, callback: 'tell', error });
      runtime.deadLetters.add({ message, to: undefined, path, reason: 'notShareable' });
      return;
    }
    case 'send':
      questions.get(packet[5])?.fail(error);
      runtime.deadLetters.add({
        message: packet[3],
        to: undefined,
        path: packet[2],
        reason: 'notShareable',
      });
      return;
    case 'reply':
      outbox.post(packet[1] % MOST_SLOTS, ['fail', packet[1], error]);
      return;
    case 'spawn': {
      // Whoever starts an actor elsewhere leaves it to that thread to report what goes wrong.
      const { id, life, path, name } = packet[1];
      const told = inWordsOfSpawn(error, name);
      runtime.report({ type: 'callbackFailed', path, callback: 'spawn', error: told });
      node.agents.get(id)?.started(life, { outcome: 'error', reason: exit.error(told) });
      return;
    }
    case 'started':
      // It runs, but its parent can't be told what it said, and takes it for one that hasn't started.
      node.cells.get(packet[1])?.kill();
      outbox.post(guests.ownerOf(packet[1]), [
        'started',
        packet[1],
        packet[2],
        { outcome: 'error', reason: exit.error(error) },
      ]);
      return;
    case 'letter':
      // Where the letters are counted it is known by its name then.
      outbox.post(0, ['letter', messageName(packet[1]), packet[2], packet[3]]);
      return;
    default:
      runtime.report({ type: 'callbackFailed', path: '', callback: `sending ${packet[0]}`, error });
  }
}
