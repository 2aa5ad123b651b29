/** What a behaviour did, as values. */
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import type { Behavior } from '../behavior/behavior.ts';
import type { Reply } from '../runtime/ref.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';

/** One thing that a behaviour did. Refs are shown by their paths; those of children begin with the actor's own. */
export type Effect =
  /** The child isn't run; what is told to it is an effect too. */
  | {
      readonly type: 'spawned';
      readonly path: string;
      // oxlint-disable-next-line typescript/no-explicit-any -- whatever was spawned
      readonly actor: Actor<any, any> | SetupFunction<any, any>;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'told'; readonly path: string; readonly message: unknown }
  /** `reply` answers the question, as the other actor would. */
  | {
      readonly type: 'asked';
      readonly path: string;
      readonly question: unknown;
      readonly reply: Reply<unknown>;
    }
  /** The message that was being handled was a question, and this is the answer. */
  | { readonly type: 'replied'; readonly value: unknown }
  | { readonly type: 'refused'; readonly error: unknown }
  /** `message`: what shall come instead of a signal, if there is such. */
  | {
      readonly type: 'watched';
      readonly path: string;
      readonly watch: number;
      readonly message?: unknown;
    }
  | { readonly type: 'unwatched'; readonly watch: number }
  | { readonly type: 'linked' | 'unlinked' | 'childStopped'; readonly path: string }
  | { readonly type: 'exitSent'; readonly path: string; readonly reason: ExitReason }
  | {
      readonly type: 'timerStarted';
      /** For `sendAfter`, what it returned: 1 for the first, 2 for the second … */
      readonly key: unknown;
      readonly kind: 'after' | 'sendAfter' | 'every' | 'everyFixedRate' | 'cron';
      /** Milliseconds, or the pattern. */
      readonly when: number | string;
      readonly message: unknown;
    }
  /** Also by `cancelTimer`, with what `sendAfter` returned. */
  | { readonly type: 'timerCancelled'; readonly key: unknown }
  | { readonly type: 'receiveTimeoutSet'; readonly ms: number | undefined }
  | { readonly type: 'stashed'; readonly message: unknown }
  | { readonly type: 'unstashed'; readonly messages: readonly unknown[] }
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever it understands
  | { readonly type: 'became'; readonly behavior: Behavior<any> }
  | { readonly type: 'unhandled'; readonly message: unknown }
  | { readonly type: 'ignored' }
  | { readonly type: 'started'; readonly info: unknown }
  | { readonly type: 'stopped'; readonly reason: ExitReason }
  | { readonly type: 'failed'; readonly error: unknown };

/** Takes note of an effect. */
export type Recorder = (effect: Effect) => void;
