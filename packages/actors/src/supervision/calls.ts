/** What a supervisor does when it is called. Each call is answered in its turn; refusals are `SupervisorError`s with OTP's words as codes. */
import { SupervisorError } from '../errors.ts';
import type { SupervisorErrorCode } from '../errors.ts';
import type { Started } from '../runtime/cell/state.ts';
import type { ActorRef, Reply } from '../runtime/ref.ts';
import { checkChild, checkSupervisor } from './child-spec.ts';
import type { ChildSpec, FullSpec, SupervisorOptions } from './child-spec.ts';
import type { Child, Children } from './children.ts';
import { describeReason } from './exit-reason.ts';
import type { StartedChild, SupervisorMessage } from './protocol.ts';

export class Calls {
  readonly #children: Children;

  constructor(children: Children) {
    this.#children = children;
  }

  async answer(message: SupervisorMessage): Promise<void> {
    const reply = message.reply as Reply<unknown>;
    try {
      reply.tell(await this.#call(message));
    } catch (error) {
      reply.fail(error);
    }
  }

  #call(message: SupervisorMessage): unknown {
    switch (message.call) {
      case 'startChild':
        return this.#startChild(message.child);
      case 'terminateChild':
        return this.#terminateChild(message.child);
      case 'restartChild':
        return this.#restartChild(message.child);
      case 'deleteChild':
        return this.#children.drop(this.#stopped(message.child, 'deleteChild'));
      case 'getChildSpec':
        return publicSpec(this.#find(message.child, 'getChildSpec').spec);
      case 'children':
        return this.#children.list();
      case 'count':
        return this.#children.count();
      default:
        return this.#reconfigure(message.options);
    }
  }

  #refuse(code: SupervisorErrorCode, text: string, options?: { cause?: unknown }): SupervisorError {
    return new SupervisorError(code, `supervisor ${this.#children.cell.path}: ${text}`, options);
  }

  #find(which: string | ActorRef<never>, call: string): Child {
    const isId = typeof which === 'string';
    const child = isId ? this.#children.withId(which) : this.#children.withRef(which);
    if (child !== undefined) return child;
    if (isId && this.#children.isDynamic) {
      throw this.#refuse(
        'dynamic',
        `${call}: children of a dynamic supervisor have no ids; pass the child's ref`,
      );
    }
    throw this.#refuse('notFound', `${call}: there is no child ${String(which)}`);
  }

  /** The child, which must be stopped. */
  #stopped(id: string, call: string): Child {
    const child = this.#find(id, call);
    if (child.status === 'stopped') return child;
    throw this.#refuse(child.status, `${call}: ${id} is ${child.status}; terminate it first`);
  }

  async #startChild(what: ChildSpec | readonly unknown[]): Promise<StartedChild> {
    const children = this.#children;
    const child = children.enter(children.isDynamic ? this.#fromTemplate(what) : this.#fresh(what));
    let started: Started;
    try {
      started = await children.start(child);
    } catch (error) {
      // It can't run where it is placed.
      children.drop(child);
      throw error;
    }
    // Whoever called is told why; a report would say it twice.
    if (started.outcome === 'error') children.drop(child);
    return this.#startedChild(child, started, 'startChild');
  }

  #fromTemplate(args: unknown): FullSpec {
    const { cell, options } = this.#children;
    if (!Array.isArray(args)) {
      throw new TypeError(
        `supervisor ${cell.path}: startChild: a dynamic supervisor takes the arguments of the child as an array`,
      );
    }
    const template = options.children[0]!;
    return { ...template, args: [...template.args, ...(args as readonly unknown[])] };
  }

  #fresh(what: unknown): FullSpec {
    const spec = checkChild(
      what as ChildSpec,
      'startChild: child',
      false,
      this.#children.options.autoShutdown,
    );
    const known = this.#children.withId(spec.id);
    if (known === undefined) return spec;
    if (known.status !== 'running') {
      throw this.#refuse(
        'alreadyPresent',
        `startChild: ${spec.id} is present, and ${known.status}; use restartChild or deleteChild once it is stopped`,
      );
    }
    throw this.#refuse(
      'alreadyStarted',
      `startChild: ${spec.id} is started already: ${String(known.cell?.ref)}`,
    );
  }

  #startedChild({ cell, spec }: Child, started: Started, call: string): StartedChild {
    if (started.outcome === 'ok') return { ref: cell!.ref as ActorRef<never>, info: started.info };
    if (started.outcome === 'ignore') return { ref: undefined, info: undefined };
    const { reason } = started;
    throw this.#refuse(
      'startFailed',
      `${call}: ${spec.id || cell!.name} failed to start: ${describeReason(reason)}`,
      { cause: reason.type === 'error' ? reason.error : reason },
    );
  }

  async #terminateChild(which: string | ActorRef<never>): Promise<void> {
    const child = this.#find(which, 'terminateChild');
    await this.#children.stop(child, true);
    this.#children.rest(child);
  }

  async #restartChild(id: string): Promise<StartedChild> {
    const child = this.#stopped(id, 'restartChild');
    const started = await this.#children.attempt(child);
    // As in OTP, also a temporary one (which `reconfigure` has brought) that ignores keeps its spec here.
    if (started.outcome !== 'ok') this.#children.keep(child);
    return this.#startedChild(child, started, 'restartChild');
  }

  #reconfigure(options: SupervisorOptions): void {
    const full = checkSupervisor(options);
    if ((full.strategy === 'dynamic') !== this.#children.isDynamic) {
      throw new TypeError("reconfigure: strategy: a supervisor can't become dynamic, or cease to be");
    }
    this.#children.reconfigure(full);
  }
}

function publicSpec(spec: FullSpec): ChildSpec {
  const { backoff, id, ...rest } = spec;
  return {
    ...(rest as unknown as Omit<ChildSpec, 'id' | 'backoff'>),
    ...(id !== '' && { id }),
    ...(backoff !== undefined && { backoff }),
  };
}
