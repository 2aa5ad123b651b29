/**
 * The inspector: a thread that reads what all others show in shared memory and tells whoever connects to its socket, twice a second, one tree a line, as JSON. It depends on no other
 * thread, so it tells the truth about one that is stuck. What only that thread needs is in `inspector-server.ts`, and loaded there.
 */
import { Event, Thread, task } from '@heddle/core';
import type { Task } from '@heddle/core';
import type { Wiring } from '../runtime/node/packet.ts';
import type { SystemInfo } from './tree.ts';

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
    const { serveInspector } = await import('./inspector-server.ts');
    await serveInspector(path, name, wiring, stop);
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
