/**
 * The services of a system: its registry and its event stream. On the main thread they are actors outside the tree, made when they are first used and ended after
 * it; other threads reach them by numbers that are known beforehand.
 */
import type { Actor } from '../behavior/actor.ts';
import { Cell } from '../runtime/cell.ts';
import type { Node } from '../runtime/node.ts';
import type { DeadLetter } from '../runtime/dead-letters.ts';
import type { ActorRef } from '../runtime/ref.ts';
import type { Report } from '../runtime/report.ts';
import { EVENTS_NUMBER, REGISTRY_NUMBER } from '../runtime/runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { EventStream, topics } from './event-stream.ts';
import { eventStream } from './event-stream-actor.ts';
import type { EventMessage } from './event-stream-actor.ts';
import { Registry } from './registry.ts';
import { registry } from './registry-actor.ts';
import type { RegistryMessage } from './registry-actor.ts';

/** What paths of services begin with. */
export const PREFIX = 'system:';

const root: Actor<never, []> = { name: '', module: undefined, options: {}, setup: () => () => {} };

/** What an actor, or a system, has of the services. */
export interface Services {
  readonly registry: Registry;
  readonly events: EventStream;
}

/** The services where they are. */
export class HomeServices implements Services {
  readonly registry: Registry;
  readonly events: EventStream;
  readonly #runtime: Runtime;
  readonly #cells = new Map<number, Cell>();
  /** Paths of subscribers, by topic. */
  readonly #heard = new Map<string, Set<string>>();
  #root: Cell | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.registry = new Registry(
      () => this.#cell(REGISTRY_NUMBER, 'registry', registry).ref as ActorRef<RegistryMessage>,
    );
    this.events = new EventStream(() => this.#eventCell().ref as ActorRef<EventMessage>);
  }

  #eventCell(): Cell {
    return this.#cell(EVENTS_NUMBER, 'events', eventStream, [this.#heard]);
  }

  #cell(number: number, name: string, setup: unknown, args: readonly unknown[] = []): Cell {
    const known = this.#cells.get(number);
    if (known !== undefined) return known;
    const runtime = this.#runtime;
    if (this.#root === undefined) {
      this.#root = new Cell(runtime, undefined, root as unknown as Actor<never, never>, [], {}, 0, '');
      void this.#root.start();
    }
    const actor = { name, module: undefined, options: {}, setup } as Actor<never, never>;
    const cell = new Cell(runtime, this.#root, actor, args, {}, number, PREFIX + name);
    this.#root.children.add(cell);
    this.#cells.set(number, cell);
    void cell.start();
    return cell;
  }

  /** Makes them known to other threads. */
  open(node: Node): void {
    for (const cell of [this.#cell(REGISTRY_NUMBER, 'registry', registry), this.#eventCell()])
      node.refLeaves(cell.ref as ActorRef<never>);
  }

  /** Publishes a dead letter; not those to whoever listens to dead letters, which would go round for ever. */
  deadLetter({ message, path, reason, count }: DeadLetter): void {
    const heard = this.#heard.get(topics.deadLetters.name);
    if (heard === undefined || heard.has(path)) return;
    this.events.publish(topics.deadLetters, {
      type: 'deadLetter',
      message,
      path,
      reason,
      ...(count !== undefined && { count }),
    });
  }

  report(report: Report): void {
    if (this.#heard.has(topics.reports.name)) this.events.publish(topics.reports, report);
  }

  /** After the tree has ended. */
  stop(): void {
    this.#root?.kill();
  }
}

/** Whether a path is a service's. */
export function isService(path: string): boolean {
  return path.startsWith(`/${PREFIX}`);
}
