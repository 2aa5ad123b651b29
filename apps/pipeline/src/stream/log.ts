// The log: JSON lines on standard error, each with the name of the thread that it comes from.

import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Makes a thread's log. It writes at once and by itself, so what a thread says last is seen although it dies. */
export function makeLog(thread: string, level: string): Logger {
  return pino({ base: { thread }, level }, pino.destination({ fd: 2, sync: true }));
}
