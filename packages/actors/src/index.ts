/** `@heddle/actors`: typed actors and OTP's supervision. */

// Actors
export { actor } from './behavior/actor.ts';
export type { Actor, ActorOptions, SetupFunction, Shutdown } from './behavior/actor.ts';
export { behavior } from './behavior/behavior.ts';
export type {
  Behavior,
  ClosureBehavior,
  Handler,
  Setup,
  Signal,
  StateBehavior,
} from './behavior/behavior.ts';
export { next } from './behavior/next.ts';
export type { Next } from './behavior/next.ts';
export type { Context } from './behavior/context.ts';
export type { ActorTimers, TimerRef } from './timers/actor-timers.ts';
export type { Schedule } from './timers/schedule.ts';

// Actors as objects, by comlink
export { objectActor } from './comlink/object-actor.ts';
export type { CallMessage, ObjectHooks } from './comlink/object-actor.ts';
export { wrap } from './comlink/wrap.ts';

// Actors with a thread to themselves
export { dedicated } from './behavior/dedicated.ts';
export type { DedicatedOptions } from './behavior/dedicated.ts';
export type { DedicatedFunction } from './runtime/dedicated-thread.ts';
export type { DedicatedContext } from './runtime/dedicated/context.ts';
export type { BlockingOptions } from './runtime/dedicated/requests.ts';

// The system and references
export { ActorSystem } from './runtime/system.ts';
export type { SystemOptions } from './runtime/system.ts';
export type { SpawnArguments, SpawnOptions } from './runtime/spawn.ts';
export type { StopOptions } from './runtime/when-ended.ts';
export type { Placement } from './runtime/placement.ts';
export type { ActorRef, Answer, AskOptions, Question, Reply } from './runtime/ref.ts';
export type { FullPolicy, MailboxOptions } from './mailbox/mailbox.ts';

// Several actors under one address
export { router } from './routing/router.ts';
export type { RouterOptions, Routing } from './routing/router.ts';

// Finding each other, and telling everybody
export { Key, Topic } from './services/key.ts';
export type { Registry } from './services/registry.ts';
export type { Listing } from './services/registry-actor.ts';
export { topics } from './services/event-stream.ts';
export type { DeadLetterEvent, EventStream } from './services/event-stream.ts';

// What is seen from outside
export type { ActorInfo, ThreadInfo } from './observability/tree.ts';
export { describeReport } from './runtime/report.ts';
export type { Report } from './runtime/report.ts';
export type { DeadLetter, DeadLetterReason, DeadLetters } from './runtime/dead-letters.ts';
export type { Host } from './runtime/host.ts';

// Supervision
export { describeReason, exit, isAbnormal } from './supervision/exit-reason.ts';
export type { ExitReason } from './supervision/exit-reason.ts';
export { supervisor } from './supervision/supervisor.ts';
export type { ChildCount, ChildInfo, StartedChild, SupervisorMessage } from './supervision/protocol.ts';
export { Supervisor } from './supervision/handle.ts';
export type {
  AutoShutdown,
  ChildSpec,
  ChildType,
  RestartType,
  Strategy,
  SupervisorOptions,
} from './supervision/child-spec.ts';
export type { Backoff } from './supervision/backoff.ts';
export type { Budget } from './supervision/budget.ts';
export type { Directive, FailureRule } from './supervision/decide.ts';

// Errors
export {
  ActorDiedError,
  MailboxFullError,
  NameTakenError,
  StashFullError,
  SupervisorError,
  UnhandledMessageError,
} from './errors.ts';
export type { SupervisorErrorCode } from './errors.ts';
