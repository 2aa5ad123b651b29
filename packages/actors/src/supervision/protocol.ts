/** What a supervisor understands and answers; `Supervisor` in `handle.ts` has a method for each call. */
import type { ActorRef, Reply } from '../runtime/ref.ts';
import type { ChildSpec, ChildType, SupervisorOptions } from './child-spec.ts';

/** One child as `children()` shows it. */
export interface ChildInfo {
  /** `undefined` for the children of a `dynamic` supervisor. */
  readonly id: string | undefined;
  readonly ref: ActorRef<never> | undefined;
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly type: ChildType;
}

/** What `count()` returns. Source: OTP's `count_children`. */
export interface ChildCount {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  /** All that aren't supervisors. */
  readonly workers: number;
}

/** What a start gave: no ref if the child's setup said `next.ignore()`. */
export interface StartedChild {
  readonly ref: ActorRef<never> | undefined;
  /** What the child's setup gave to `next.started`, as it is. */
  readonly info: unknown;
}

/** What a supervisor understands; `Supervisor` has a method for each. */
export type SupervisorMessage =
  | {
      readonly call: 'startChild';
      readonly child: ChildSpec | readonly unknown[];
      readonly reply: Reply<StartedChild>;
    }
  | { readonly call: 'terminateChild'; readonly child: string | ActorRef<never>; readonly reply: Reply<void> }
  | { readonly call: 'restartChild'; readonly child: string; readonly reply: Reply<StartedChild> }
  | { readonly call: 'deleteChild'; readonly child: string; readonly reply: Reply<void> }
  | {
      readonly call: 'getChildSpec';
      readonly child: string | ActorRef<never>;
      readonly reply: Reply<ChildSpec>;
    }
  | { readonly call: 'children'; readonly reply: Reply<ChildInfo[]> }
  | { readonly call: 'count'; readonly reply: Reply<ChildCount> }
  | { readonly call: 'reconfigure'; readonly options: SupervisorOptions; readonly reply: Reply<void> };

const CALLS: Record<SupervisorMessage['call'], true> = {
  startChild: true,
  terminateChild: true,
  restartChild: true,
  deleteChild: true,
  getChildSpec: true,
  children: true,
  count: true,
  reconfigure: true,
};

/** Whether anything that came is a call. */
export function isSupervisorMessage(message: unknown): message is SupervisorMessage {
  const { call, reply } = (message ?? {}) as Partial<SupervisorMessage>;
  return typeof call === 'string' && Object.hasOwn(CALLS, call) && typeof reply?.tell === 'function';
}
