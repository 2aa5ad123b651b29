// Listens on TCP for lines (newline-delimited JSON or text), or for syslog by both framings of RFC 6587.

import { createServer, type Server, type Socket } from 'node:net';
import { describe, Trouble } from '../../trouble.ts';
import type { SyslogConfig, TcpConfig } from '../config/config.ts';
import type { Intake } from '../intake/intake.ts';
import type { Receipt } from '../intake/receipt.ts';
import { LineSplitter } from '../lines/line-splitter.ts';
import { FramingError, SyslogSplitter } from '../lines/syslog-splitter.ts';
import type { Logger } from '../log.ts';
import { listen } from './listen.ts';
import { Replies } from './replies.ts';
import { Refusal, readSocket } from './socket-reader.ts';
import { type Source, type SourceInfo, tooLongFault } from './source.ts';

/** A sender has so long to read its last acknowledgements before the connection is cut. */
const LAST_WORDS_MS = 2000;

interface Connection {
  readonly socket: Socket;
  readonly receipt: Receipt;
  readonly replies: Replies;
  /** Resolves when its last line is put. */
  readonly read: Promise<void>;
}

export class TcpSource implements Source {
  readonly ended: Promise<void>;
  readonly #config: TcpConfig | SyslogConfig;
  readonly #intake: Intake;
  readonly #log: Logger;
  readonly #run: string;
  readonly #server: Server;
  readonly #stop = new AbortController();
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };
  /** In the order in which they came. */
  readonly #connections = new Set<Connection>();
  /** Those of them that had to give way to others, and are about to end. */
  readonly #leaving = new Set<Connection>();
  #serial = 0;
  #address = '';

  /** `run` makes the keys of this run unlike those of any other. */
  constructor(config: TcpConfig | SyslogConfig, intake: Intake, run: string, log: Logger) {
    this.#config = config;
    this.#intake = intake;
    this.#log = log;
    this.#run = run;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = { resolve, reject };
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket =>
      this.#accept(socket),
    );
  }

  get info(): SourceInfo {
    const count = this.#connections.size;
    return {
      name: this.#config.name,
      kind: this.#config.kind,
      detail: `${this.#address}, ${count} connection${count === 1 ? '' : 's'}`,
    };
  }

  async start(): Promise<void> {
    const { host, port, name, kind } = this.#config;
    this.#address = await listen(this.#server, host, port, name);
    this.#server.on('error', error =>
      this.#settle.reject(new Trouble(`${name}: ${describe(error)}`, { cause: error })),
    );
    this.#log.info(
      { source: name, address: this.#address },
      `listening for ${kind === 'tcp' ? 'lines' : 'syslog'} over TCP`,
    );
  }

  stop(): void {
    this.#stop.abort();
    this.#server.close();
    Promise.all(Array.from(this.#connections, ({ read }) => read)).then(
      () => this.#settle.resolve(),
      this.#settle.reject,
    );
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#connections, connection => this.#end(connection)));
  }

  #accept(socket: Socket): void {
    const { name, maxConnections } = this.#config;
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    // A connection that breaks is the sender's affair; without a listener it would be an error of this program's.
    socket.on('error', error =>
      this.#log.debug({ source: name, peer, error: describe(error) }, 'a connection broke'),
    );
    const replies = new Replies(socket, { acks: this.#config.kind === 'tcp' && this.#config.ack });
    if (this.#connections.size - this.#leaving.size >= maxConnections && !this.#makeRoom()) {
      this.#log.warn({ source: name, peer, maxConnections }, 'a connection was refused: there are too many');
      if (this.#config.kind === 'tcp') replies.error(`there are ${maxConnections} connections already`);
      socket.end();
      socket.resume();
      socket.setTimeout(LAST_WORDS_MS, () => socket.destroy());
      return;
    }
    const receipt = this.#intake.open(() => {
      if (this.#config.kind === 'tcp') replies.tell(receipt);
    });
    const connection: Connection = {
      socket,
      receipt,
      replies,
      read: this.#read(socket, receipt, replies, peer),
    };
    this.#connections.add(connection);
    void connection.read.then(async () => {
      // While the program stops, `close` says good-bye.
      if (!this.#stop.signal.aborted) await this.#end(connection);
    });
  }

  /** Ends the connection over which no whole line has come for the longest time since it was made. Without that, who opens many and says nothing would lock everybody else out. */
  #makeRoom(): boolean {
    for (const connection of this.#connections) {
      const { socket, receipt, replies } = connection;
      if (receipt.lines > 0 || this.#leaving.has(connection)) continue;
      this.#leaving.add(connection);
      if (this.#config.kind === 'tcp')
        replies.error(
          `there are ${this.#config.maxConnections} connections already, and no line came over this one`,
        );
      socket.destroySoon();
      return true;
    }
    return false;
  }

  /** Reads it to its end. Never throws: what is wrong with a connection concerns no other. */
  async #read(socket: Socket, receipt: Receipt, replies: Replies, peer: string): Promise<void> {
    const { kind, name, format, maxLineBytes, lineTimeoutMs, idleTimeoutMs } = this.#config;
    const prefix = `${name}:${this.#run}-${++this.#serial}`;
    let lines: { bytes: Uint8Array; fault?: string }[] = [];
    const handler = {
      line: (bytes: Uint8Array): void => void (bytes.length > 0 && lines.push({ bytes })),
      tooLong: (bytes: Uint8Array): void => void lines.push({ bytes, fault: tooLongFault(maxLineBytes) }),
    };
    const cutter =
      kind === 'syslog' ? new SyslogSplitter(handler, maxLineBytes) : new LineSplitter(handler, maxLineBytes);
    const put = async (): Promise<void> => {
      const some = lines;
      lines = [];
      for (const line of some) {
        const key = `${prefix}:${receipt.lines + 1}`;
        const waiting = this.#intake.put({ source: name, format, key, receipt, ...line });
        if (waiting !== undefined) await waiting;
      }
    };
    try {
      await readSocket(socket, { cutter, put, lineTimeoutMs, idleTimeoutMs }, this.#stop.signal);
    } catch (error) {
      if (error instanceof Refusal || error instanceof FramingError) {
        this.#log.warn(
          { source: name, peer, lines: receipt.lines, error: error.message },
          'a connection is ended',
        );
        if (kind === 'tcp') replies.error(error.message);
        socket.resume();
      } else {
        this.#log.debug({ source: name, peer, error: describe(error) }, 'a connection broke');
        socket.destroy();
      }
    }
  }

  /** Waits until the sender knows what became of its lines, and closes. */
  async #end(connection: Connection): Promise<void> {
    const { socket, receipt, replies } = connection;
    // Only who gets acknowledgements waits for them.
    if (this.#config.kind === 'tcp' && this.#config.ack) {
      while (!receipt.complete && !socket.destroyed) await receipt.changed();
      replies.tell(receipt);
    }
    this.#intake.close(receipt);
    this.#connections.delete(connection);
    this.#leaving.delete(connection);
    await new Promise<void>(resolve => {
      if (socket.destroyed) return resolve();
      const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end();
      socket.resume();
    });
  }
}
