/** Actors that trace their messages in whatever thread they run. */
import { SpanStatusCode, context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { actor, objectActor } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';
import { instrument } from '../src/opentelemetry/index.ts';

export const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
export const stopTracing = instrument();

/** What of a span is compared. */
export interface Seen {
  readonly name: string;
  readonly path: unknown;
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly failed: boolean;
}

export function seen(): Seen[] {
  return exporter.getFinishedSpans().map(span => ({
    name: span.name,
    path: span.attributes['heddle.actor.path'],
    trace: span.spanContext().traceId,
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId,
    failed: span.status.code === SpanStatusCode.ERROR,
  }));
}

export type Order =
  | { type: 'pass'; to: ActorRef<Order> }
  | { type: 'hello' }
  | { type: 'fail' }
  | { type: 'add'; n: number; reply: Reply<number> }
  | { type: 'spans'; reply: Reply<Seen[]> };

export const traced = actor(import.meta, function traced(_context: Context<Order>) {
  return async (order: Order) => {
    // The context must outlive this.
    await Promise.resolve();
    if (order.type === 'pass') order.to.tell({ type: 'hello' });
    else if (order.type === 'fail') throw new RangeError('as told');
    else if (order.type === 'add') order.reply.tell(order.n + 1);
    else if (order.type === 'spans') order.reply.tell(seen());
  };
});

/** Tells on what it is called for. */
export const calling = objectActor(import.meta, function calling(_context: Context<never>) {
  return {
    async pass(to: ActorRef<Order>): Promise<void> {
      await Promise.resolve();
      to.tell({ type: 'hello' });
    },
    fail(): never {
      throw new RangeError('as told');
    },
    spans: () => seen(),
  };
});
