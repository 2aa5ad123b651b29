// Bounds how many connections an HTTP server has, so that who opens many and says nothing locks nobody out: at the limit the one goes first from which something
// whole was to come for the longest time: a request's head, and the first of its body. An honest one is there within a round trip.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const TOO_MANY = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Bounds the connections of a server that doesn't listen yet. One too many, where all are at work, is answered with 503. A request with a body is at work from its
 * end on, or from when the function that is returned is called with its socket, because enough of it has come.
 */
export function limitConnections(server: Server, most: number): (socket: Socket) => void {
  let open = 0;
  /** Connections from which nothing whole has come, those that wait longest first: a set keeps the order in which its members came. */
  const silent = new Set<Socket>();
  /** How many requests come in, or are being answered, over a connection. */
  const requests = new Map<Socket, number>();
  const spoken = (socket: Socket): void => void silent.delete(socket);

  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      silent.delete(socket);
      requests.delete(socket);
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
    if (hasBody(request)) request.once('end', () => spoken(socket));
    else spoken(socket);
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (left > 0) requests.set(socket, left);
      else {
        requests.delete(socket);
        if (!socket.destroyed) silent.add(socket);
      }
    });
  });

  return spoken;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
