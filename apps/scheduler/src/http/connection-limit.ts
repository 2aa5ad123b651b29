// Bounds how many connections a server has, so that who opens many and says nothing locks nobody out: at the limit the one goes first from which something was
// to come for the longest time. An honest request is there within a round trip; it goes only if so many come within one.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const TOO_MANY = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Bounds the connections of a server that doesn't listen yet. One too many, where all are at work, is answered with 503. */
export function limitConnections(server: Server, most: number): void {
  let open = 0;
  /** Connections whose request isn't all there, those that wait longest first: a set keeps the order in which its members came. */
  const silent = new Set<Socket>();
  /** How many requests are being answered over a connection. */
  const answers = new Map<Socket, number>();

  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      silent.delete(socket);
      answers.delete(socket);
    });
    if (open > most) {
      const [longest] = silent;
      if (longest === undefined) {
        socket.end(TOO_MANY, () => socket.destroy());
        return;
      }
      // Its end is told later; the next of many that come at once must not choose it again.
      silent.delete(longest);
      longest.destroy();
    }
    silent.add(socket);
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const begin = (): void => {
      silent.delete(socket);
    };
    if (hasBody(request)) request.once('end', begin);
    else begin();
    answers.set(socket, (answers.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (answers.get(socket) ?? 1) - 1;
      if (left > 0) answers.set(socket, left);
      else {
        answers.delete(socket);
        if (!socket.destroyed) silent.add(socket);
      }
    });
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
