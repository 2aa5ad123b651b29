/**
 * What cells tell each other about life and death. These overtake messages and no bound drops them.
 *
 * Applied at once, when they arrive: `watch`, `unwatch`, `link`, `unlink`, `kill`. The others stand in the signal lane and are handled one by one,
 * while no message is being handled.
 */
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { ActorRef } from './ref.ts';

export type InternalSignal =
  /** Somebody wants a `down` when this actor ends. */
  | { readonly kind: 'watch'; readonly from: ActorRef<never>; readonly watch: number }
  | { readonly kind: 'unwatch'; readonly from: ActorRef<never>; readonly watch: number }
  | { readonly kind: 'link'; readonly from: ActorRef<never> }
  | { readonly kind: 'unlink'; readonly from: ActorRef<never> }
  /** A watched actor has ended. */
  | {
      readonly kind: 'down';
      readonly from: ActorRef<never>;
      readonly watch: number;
      readonly reason: ExitReason;
    }
  /** `linked`: the sender has ended; otherwise somebody called `exit`. */
  | {
      readonly kind: 'exit';
      readonly from: ActorRef<never>;
      readonly reason: ExitReason;
      readonly linked: boolean;
    }
  /** Ends the actor now: no hook, no message more. Can't be trapped. */
  | { readonly kind: 'kill' }
  /**
   * The parent, or somebody who may, asks it to end. Can't be trapped. `drain`: what the mailbox holds is handled first. `limited`: it is killed where it runs when its `shutdown` time is
   * over, since who asks has no cell of it and can't see to that.
   */
  | { readonly kind: 'stop'; readonly reason: ExitReason; readonly drain: boolean; readonly limited?: true }
  /** A child of a supervisor has ended by itself. */
  | { readonly kind: 'child'; readonly child: unknown; readonly life: number; readonly reason: ExitReason }
  /** A child failed with an error that it escalates. */
  | { readonly kind: 'escalated'; readonly error: unknown }
  /** Nothing came for as long as the receive timeout; `handled` is how many messages had been handled when its time began. */
  | { readonly kind: 'receiveTimeout'; readonly handled: number };
