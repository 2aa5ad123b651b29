/** What a dedicated actor's thread and the cell that stands for it tell each other. */
import type { SimpleQueue } from '@heddle/core';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Claim } from '../node/claims.ts';

/** A message on its way to the thread. */
export type Inward = readonly [message: unknown, packed: boolean];

/** What the thread sends back. `blocks`: whether it stands still until the verdict comes. */
export type Outward =
  | readonly ['tell', ref: number, message: unknown, packed: boolean]
  | readonly ['reply', ask: number, value: unknown, packed: boolean]
  | readonly ['fail', ask: number, error: unknown]
  | readonly ['ask', ref: number, question: unknown, packed: boolean, request: number, blocks: boolean]
  | readonly [
      'send',
      ref: number,
      message: unknown,
      packed: boolean,
      request: number,
      blocks: boolean,
      claim: Claim | undefined,
    ]
  /** What was told can't travel; the message by its name. */
  | readonly ['lost', path: string, message: string, error: unknown]
  /** Nobody waits for that request any more. */
  | readonly ['giveUp', request: number]
  /** It wants a message more. */
  | readonly ['more']
  | readonly ['end'];

/** What became of a request. Classes of ours don't survive the way, so errors of them come in parts. */
export type Verdict =
  | readonly ['done', request: number, value: unknown, packed: boolean]
  | readonly ['died', request: number, reason: ExitReason]
  | readonly ['full', request: number, text: string]
  | readonly ['failed', request: number, error: unknown];

/** Where verdicts come in: for who blocks, and for promises. */
export type VerdictQueues = readonly [blocking: SimpleQueue<Verdict>, async: SimpleQueue<Verdict>];

/** How the function ended. */
export type Ended = readonly ['returned'] | readonly ['threw', error: unknown, message: string | undefined];
