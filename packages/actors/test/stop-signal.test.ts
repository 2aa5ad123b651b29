/** The stop of an actor reaches what it waits for: a real `fetch` from a server that doesn't answer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem } from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { fetcher } from './stop-signal.fixture.ts';

let hungUp = 0;
let asked: () => void;
const server = createServer(request => {
  request.socket.once('close', () => (hungUp += 1));
  asked();
});

afterEach(() => new Promise<void>(resolve => server.close(() => resolve())));

test.each(['main', 'leastLoaded'] as const)(
  'a fetch with stopSignal is aborted when its actor (%s) is stopped, long before its grace is over',
  { timeout: 60_000 },
  async placement => {
    hungUp = 0;
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const arrived = new Promise<void>(resolve => (asked = resolve));
    const system = new ActorSystem({ threads: placement === 'main' ? 0 : 1 });
    const heard: string[] = [];
    const sink = system.spawn((_context: Context<string>) => (text: string) => void heard.push(text));
    const ref = system.spawn(fetcher, { args: [sink], placement, shutdown: 'infinity' });
    ref.tell(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await arrived;
    expect(heard).toEqual([]);
    await system.stop();
    expect(heard).toEqual(['AbortError']);
    while (hungUp === 0) await new Promise(resolve => setImmediate(resolve));
  },
);
