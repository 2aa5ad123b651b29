/** Traces: a span for each message that is handled, below whoever sent it, and one for each question, across threads too. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { Context, Histogram, Meter, Span, SpanContext, Tracer } from '@opentelemetry/api';
import { checkNames } from '../behavior/names.ts';
import { TracedMessage, setTracing } from '../observability/hooks.ts';
import type { AskTrace, Destination, Tracing } from '../observability/hooks.ts';
import { messageName } from '../runtime/report.ts';

/** What `instrument` uses. */
export interface InstrumentOptions {
  /** Default: the tracer `@heddle/actors` of the global provider. */
  readonly tracer?: Tracer;
  /** If there is one, the time of each handling goes to the histogram `heddle.actor.handling.duration`, in seconds. */
  readonly meter?: Meter;
}

const NAMES = ['tracer', 'meter'] satisfies (keyof InstrumentOptions)[];

/**
 * Traces the messages that are sent and handled in this thread, from now on; returns the function that ends it. Call it in a module that declares actors, beside the setting up of
 * the SDK, and it runs in each thread that imports the module; a message to a thread without tracing isn't traced there.
 *
 * A message's span is named after its `type`, has the path of the actor as `heddle.actor.path`, and ends when its handling has, with the error if it failed. An async handler
 * keeps its context across `await` if the SDK has a context manager that can (`AsyncLocalStorageContextManager`).
 *
 * @example
 * const stop = instrument();
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`instrument: expected options, got ${String(options)} (${typeof options})`);
  checkNames(options, NAMES, 'instrument');
  if (options.tracer !== undefined && typeof options.tracer?.startSpan !== 'function')
    throw new TypeError(
      `instrument: tracer must be a Tracer of @opentelemetry/api, got ${String(options.tracer)} (${typeof options.tracer})`,
    );
  if (options.meter !== undefined && typeof options.meter?.createHistogram !== 'function')
    throw new TypeError(
      `instrument: meter must be a Meter of @opentelemetry/api, got ${String(options.meter)} (${typeof options.meter})`,
    );
  const tracer = options.tracer ?? trace.getTracer('@heddle/actors');
  const durations = options.meter?.createHistogram('heddle.actor.handling.duration', {
    unit: 's',
    description: 'How long the handling of a message took, waiting for promises included.',
  });
  setTracing(new OpenTelemetryTracing(tracer, durations));
  return () => setTracing(undefined);
}

class OpenTelemetryTracing implements Tracing {
  readonly #tracer: Tracer;
  readonly #durations: Histogram | undefined;

  constructor(tracer: Tracer, durations: Histogram | undefined) {
    this.#tracer = tracer;
    this.#durations = durations;
  }

  sent(message: unknown, to: Destination): unknown {
    return new Traced(this.#tracer, this.#durations, message, to, context.active());
  }

  departs(): string | undefined {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    const { traceparent } = carrier;
    // Without a propagator the ids go as they are: between threads of one program nobody has to agree on a format.
    const span = trace.getSpanContext(context.active());
    if (traceparent === undefined && span === undefined) return undefined;
    return JSON.stringify(traceparent === undefined ? { span } : { carrier });
  }

  arrives(message: unknown, to: Destination, from: string): unknown {
    const { carrier, span } = JSON.parse(from) as { carrier?: object; span?: SpanContext };
    const parent =
      carrier === undefined
        ? trace.setSpanContext(ROOT_CONTEXT, { ...span!, isRemote: true })
        : propagation.extract(ROOT_CONTEXT, carrier);
    return new Traced(this.#tracer, this.#durations, message, to, parent);
  }

  asks(question: unknown, to: Destination): AskTrace {
    const span = this.#tracer.startSpan(`ask ${messageName(question)}`, {
      kind: SpanKind.CLIENT,
      attributes: { 'heddle.actor.path': to.path },
    });
    const own = trace.setSpan(context.active(), span);
    return {
      run: action => context.with(own, action),
      answered: () => span.end(),
      failed(error) {
        fail(span, error);
        span.end();
      },
    };
  }
}

class Traced extends TracedMessage {
  readonly #tracer: Tracer;
  readonly #durations: Histogram | undefined;
  override readonly content: unknown;
  readonly #to: Destination;
  readonly #parent: Context;
  #span: Span | undefined;
  #began = 0;

  constructor(
    tracer: Tracer,
    durations: Histogram | undefined,
    content: unknown,
    to: Destination,
    parent: Context,
  ) {
    super();
    this.#tracer = tracer;
    this.#durations = durations;
    this.content = content;
    this.#to = to;
    this.#parent = parent;
  }

  override open(): { readonly message: unknown } {
    return { message: this.content };
  }

  override around(handle: () => unknown): unknown {
    this.#began = performance.now();
    this.#span = this.#tracer.startSpan(
      messageName(this.content),
      { kind: SpanKind.CONSUMER, attributes: { 'heddle.actor.path': this.#to.path } },
      this.#parent,
    );
    return context.with(trace.setSpan(this.#parent, this.#span), handle);
  }

  override failed(error: unknown): void {
    if (this.#span !== undefined) fail(this.#span, error);
  }

  override done(): void {
    if (this.#span === undefined) return;
    this.#span.end();
    this.#span = undefined;
    this.#durations?.record((performance.now() - this.#began) / 1000, {
      'heddle.message.type': messageName(this.content),
    });
  }
}

function fail(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({
    code: SpanStatusCode.ERROR,
    message: error instanceof Error ? error.message : String(error),
  });
}
