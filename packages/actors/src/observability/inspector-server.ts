/** What the inspector's thread does. */
import type { Event } from '@heddle/core';
import type { Wiring } from '../runtime/node/packet.ts';
import { Census } from './census.ts';
import type { Line } from './inspector.ts';
import { Rates, takeTree } from './tree.ts';

const EVERY_MS = 500;

/** Serves the socket until `stop` is set. */
export async function serveInspector(path: string, name: string, wiring: Wiring, stop: Event): Promise<void> {
  const [{ createServer, createConnection }, { chmod, lstat, rm }] = await Promise.all([
    import('node:net'),
    import('node:fs/promises'),
  ]);
  const { platform, pid } = process;
  const census = new Census(wiring.census[1]!, wiring);
  const isPipe = platform === 'win32';
  if (!isPipe) {
    const found = await lstat(path).catch(() => undefined);
    // What isn't ours must not be lost for a slip of the pen.
    if (found !== undefined && !found.isSocket())
      throw new TypeError(`inspect: ${path} is there already, and is no socket: choose another path`);
    if (found !== undefined && (await isServed(path)))
      throw new TypeError(`inspect: another program serves ${path}: choose another path`);
    await rm(path, { force: true });
  }
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

  /** Whether somebody listens at a socket, and hasn't only left it behind. */
  function isServed(at: string): Promise<boolean> {
    return new Promise(resolve => {
      const trial = createConnection(at);
      trial.once('connect', () => resolve(true)).once('error', () => resolve(false));
      trial.once('connect', () => trial.destroy());
    });
  }
}
