import type { Server } from 'node:net';
import { describe, systemCode, Trouble } from '../../trouble.ts';

/** Starts to listen and returns the address, `host:port`. Throws `Trouble` that says what is in the way. */
export async function listen(server: Server, host: string, port: number, name: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      const place = `${name}: ${host}:${port}`;
      const code = systemCode(error);
      if (code === 'EADDRINUSE')
        reject(new Trouble(`${place} is in use by another program. Choose another port`, { cause: error }));
      else if (code === 'EACCES')
        reject(
          new Trouble(`${place}: you may not listen there; ports below 1024 need privileges`, {
            cause: error,
          }),
        );
      else reject(new Trouble(`${place}: ${describe(error)}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.removeListener('error', fail);
      resolve();
    });
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) return String(address);
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
