/**
 * The inspector: a thread that reads what all others show in shared memory and tells whoever connects to its socket, twice a second, one tree a line, as JSON. It depends on no other
 * thread, so it tells the truth about one that is stuck.
 */
import { Event, Thread, task } from '@heddle/core';
import type { Task } from '@heddle/core';
import type { Wiring } from '../runtime/node/packet.ts';
import { Census } from './census.ts';
import { Rates, takeTree } from './tree.ts';
import type { SystemInfo } from './tree.ts';

const EVERY_MS = 500;

/** What is told in one line. */
export interface Line extends SystemInfo {
  readonly system: string;
  readonly pid: number;
}

export interface Inspector {
  stop(): Promise<void>;
}

type Serve = (path: string, name: string, wiring: Wiring, stop: Event) => Promise<void>;

const inspectorThread: Task<Serve> = task(
  import.meta,
  async function inspectorThread(path, name, wiring, stop): Promise<void> {
    const [{ createServer }, { chmod, rm }] = await Promise.all([
      import('node:net'),
      import('node:fs/promises'),
    ]);
    const { platform, pid } = process;
    const census = new Census(wiring.census[1]!, wiring);
    const isPipe = platform === 'win32';
    if (!isPipe) await rm(path, { force: true });
    const sockets = new Set<import('node:net').Socket>();
    const rates = new Rates();
    let line = '';
    const look = (): void => {
      const told: Line = { system: name, pid, ...takeTree(census, rates) };
      line = `${JSON.stringify(told)}\n`;
    };
    const server = createServer(socket => {
      if (sockets.size === 0) look();
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => sockets.delete(socket));
      socket.write(line);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    // It shows what a program does: only its user may look.
    if (!isPipe) await chmod(path, 0o600);
    const timer = setInterval(() => {
      // Announcements are taken in any case, or they would pile up.
      look();
      for (const socket of sockets) if (!socket.writableNeedDrain) socket.write(line);
    }, EVERY_MS);
    await stop.waitAsync();
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    await new Promise<void>(resolve => server.close(() => resolve()));
    if (!isPipe) await rm(path, { force: true });
  },
);

/** Starts the thread. */
export function startInspector(path: string, name: string, wiring: Wiring): Inspector {
  const stop = new Event();
  const thread = new Thread(inspectorThread, {
    args: [path, name, wiring, stop],
    name: `${name} inspector`,
    daemon: true,
  }).start();
  return {
    async stop() {
      stop.set();
      await thread.joinAsync();
    },
  };
}

let served = 0;

/** Where the inspector of a process is found: what `HEDDLE_INSPECT` says, or a place that follows from the process's number. */
export function inspectorPath(wanted: string | true, pid: number, platform: string, tmp: string): string {
  served += 1;
  const suffix = served === 1 ? '' : `-${served}`;
  if (wanted !== true && wanted !== '1' && wanted !== 'true') return wanted + suffix;
  return platform === 'win32' ? `\\\\.\\pipe\\heddle-${pid}${suffix}` : `${tmp}/heddle-${pid}${suffix}.sock`;
}
