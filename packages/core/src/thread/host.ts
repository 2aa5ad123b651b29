/**
 * What the thread layer needs from the platform, in one place: the thread's own data, its operating system's id, writing text so that it is
 * seen at once. How workers are started and heard of is in `host-node.ts` (Node, Bun, Deno) and `host-web.ts` (browsers).
 */
import type * as fsModule from 'node:fs';
import type * as workerThreadsModule from 'node:worker_threads';
import { blockFor } from '../atomics.ts';
import { nodeHost } from './host-node.ts';
import { webHost } from './host-web.ts';
import type { Host } from './spawn.ts';

interface NodeLike {
  getBuiltinModule?(id: string): unknown;
  on(event: string, listener: (...args: never[]) => void): void;
  stderr: { write(text: string): void };
}

const node = (globalThis as { process?: NodeLike }).process;

function builtin<T>(id: string): T | undefined {
  return node?.getBuiltinModule?.(id) as T | undefined;
}

/** How this platform starts workers. `getBuiltinModule` keeps bundlers for the browser from tripping over an import of `node:worker_threads`. */
export const host: Host = chooseHost();

function chooseHost(): Host {
  const threads = builtin<typeof workerThreadsModule>('node:worker_threads');
  return threads === undefined ? webHost : nodeHost(threads, { hasVanished, report });
}

/** Registers what happens when the event loop of the root thread has nothing left to do. */
export function onLoopEmpty(action: () => void): void {
  node?.on('beforeExit', action);
}

/** The operating system's id of this thread; 0 where it can't be had. */
export function nativeThreadId(): number {
  try {
    const link = builtin<typeof fsModule>('node:fs')?.readlinkSync('/proc/thread-self');
    return Number(link?.slice(link.lastIndexOf('/') + 1)) || 0;
  } catch {
    return 0;
  }
}

/** Whether a thread of this process has gone, by its operating system's id; false where that can't be seen. */
export function hasVanished(nativeId: number): boolean {
  const fs = builtin<typeof fsModule>('node:fs');
  return (
    nativeId !== 0 &&
    fs !== undefined &&
    fs.existsSync('/proc/self/task') &&
    !fs.existsSync(`/proc/self/task/${nativeId}`)
  );
}

/** Writes to a file descriptor at once, from any thread, whatever the state of the event loops. Returns false if that isn't possible here. */
function writeNow(descriptor: 1 | 2, data: string | Uint8Array): boolean {
  const fs = builtin<typeof fsModule>('node:fs');
  if (fs === undefined) return false;
  let rest = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(descriptor, rest));
    } catch (error) {
      // The reader is slow and somebody made the pipe non-blocking: wait a little, it is the reader's turn.
      if ((error as { code?: string }).code !== 'EAGAIN') return true;
      blockFor(1);
    }
  }
  return true;
}

interface StreamInternals {
  _write(chunk: Uint8Array | string, encoding: string, done: () => void): void;
  _writev?: unknown;
}

/**
 * Makes this worker's standard streams write straight to the process's. By default a worker's output travels through the event loops of its
 * parents: not seen while the main thread is blocked, and lost when the process exits first.
 */
export function writeThroughStreams(): void {
  const process = node as unknown as { stdout?: StreamInternals; stderr?: StreamInternals } | undefined;
  if (process?.stdout === undefined || process.stderr === undefined) return;
  for (const [descriptor, stream] of [
    [1, process.stdout],
    [2, process.stderr],
  ] as const) {
    stream._write = (chunk, _encoding, done) => {
      writeNow(descriptor, chunk);
      done();
    };
    stream._writev = undefined;
  }
}

/** Writes a report to standard error. */
export function report(text: string): void {
  if (!writeNow(2, text)) console.error(text);
}
