/** What the inspector's thread does. */
import type { Event } from '@heddle/core';
import type { Wiring } from '../runtime/node/packet.ts';
import { Census } from './census.ts';
import type { Line } from './inspector.ts';
import { Rates, takeTree } from './tree.ts';

const EVERY_MS = 500;

/** Serves the socket until `stop` is set. */
export async function serveInspector(path: string, name: string, wiring: Wiring, stop: Event): Promise<void> {
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
}
