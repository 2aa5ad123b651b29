/** Traces and metrics, with OpenTelemetry's own SDK. */
import { trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { beforeEach, expect, test } from 'vitest';
import { ActorSystem, wrap } from '../src/index.ts';
import { instrument, observe } from '../src/opentelemetry/index.ts';
import { calling, exporter, seen, stopTracing, traced } from './opentelemetry.fixture.ts';
import type { Seen } from './opentelemetry.fixture.ts';

beforeEach(() => exporter.reset());

const tracer = trace.getTracer('test');

async function spansOf(names: readonly string[]): Promise<Record<string, Seen>> {
  for (;;) {
    const found = Object.fromEntries(seen().map(span => [span.name, span]));
    if (names.every(name => name in found)) return found;
    await new Promise(resolve => setImmediate(resolve));
  }
}

test('a message is handled in a span below the one in which it was told, through async handlers', async () => {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const first = system.spawn(traced, { name: 'first' });
  const second = system.spawn(traced, { name: 'second' });
  tracer.startActiveSpan('request', span => {
    first.tell({ type: 'pass', to: second });
    span.end();
  });
  const { request, pass, hello } = await spansOf(['request', 'pass', 'hello']);
  expect(pass).toMatchObject({ path: '/first', trace: request!.trace, parent: request!.id, failed: false });
  expect(hello).toMatchObject({ path: '/second', trace: request!.trace, parent: pass!.id });
});

test('a failed handling ends its span with the error', async () => {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  system.spawn(traced).tell({ type: 'fail' });
  expect((await spansOf(['fail']))['fail']!.failed).toBe(true);
});

test('a question has a span of its own, and fails with it', async () => {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const ref = system.spawn(traced, { name: 'adder' });
  expect(await ref.ask({ type: 'add', n: 1 })).toBe(2);
  const found = await spansOf(['ask add', 'add']);
  expect(found['add']).toMatchObject({ trace: found['ask add']!.trace, parent: found['ask add']!.id });
  system.exit(ref, { type: 'killed' });
  await expect(ref.ask({ type: 'add', n: 1 })).rejects.toThrow();
});

test('traces cross threads, by tell and by ask', async () => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  const there = system.spawn(traced, { name: 'there', placement: 'leastLoaded' });
  const here = system.spawn(traced, { name: 'here' });
  await tracer.startActiveSpan('request', async span => {
    there.tell({ type: 'pass', to: here });
    expect(await there.ask({ type: 'add', n: 1 }, { timeout: 60_000 })).toBe(2);
    span.end();
  });
  const found = await spansOf(['request', 'hello', 'ask add']);
  const remote = Object.fromEntries((await there.ask({ type: 'spans' })).map(span => [span.name, span]));
  expect(remote['pass']).toMatchObject({
    path: '/there',
    trace: found['request']!.trace,
    parent: found['request']!.id,
  });
  expect(found['hello']).toMatchObject({ trace: found['request']!.trace, parent: remote['pass']!.id });
  expect(remote['add']).toMatchObject({ parent: found['ask add']!.id });
});

test.each(['parent', 'leastLoaded'] as const)(
  'traces go through calls of an object (placement %s), under the names of its methods',
  async placement => {
    await using system = new ActorSystem({ threads: 1, report: () => {} });
    const object = wrap(system.spawn(calling, { name: 'object', placement }));
    const here = system.spawn(traced, { name: 'here' });
    await tracer.startActiveSpan('request', async span => {
      await object.pass(here as never);
      await expect(object.fail()).rejects.toThrow('as told');
      span.end();
    });
    const found = await spansOf(['request', 'ask pass()', 'ask fail()', 'hello']);
    const there = Object.fromEntries((await object.spans()).map(span => [span.name, span]));
    expect(found['ask pass()']).toMatchObject({ parent: found['request']!.id, path: '/object' });
    expect(there['pass()']).toMatchObject({ parent: found['ask pass()']!.id, path: '/object' });
    expect(found['hello']).toMatchObject({ trace: found['request']!.trace, parent: there['pass()']!.id });
  },
);

test.each(['parent', 'leastLoaded'] as const)('traces go along with send (placement %s)', async placement => {
  await using system = new ActorSystem({ threads: 1, report: () => {} });
  const there = system.spawn(traced, { name: 'there', placement });
  const here = system.spawn(traced, { name: 'here' });
  await tracer.startActiveSpan('request', async span => {
    await there.send({ type: 'pass', to: here }, { timeout: 60_000 });
    span.end();
  });
  const found = await spansOf(['request', 'hello']);
  const spans = await there.ask({ type: 'spans' });
  // The thread may have served another system before.
  const pass = spans.findLast(({ name }) => name === 'pass')!;
  expect(pass).toMatchObject({ path: '/there', parent: found['request']!.id });
  expect(found['hello']).toMatchObject({ trace: found['request']!.trace, parent: pass.id });
});

test('without tracing nothing is traced, and bounded mailboxes see the messages themselves', async () => {
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const order: number[] = [];
  const mailbox = { priority: (message: { n: number }) => message.n };
  const ref = system.spawn(() => (message: { n: number }) => void order.push(message.n), { mailbox });
  for (const n of [3, 1, 2]) ref.tell({ n });
  while (order.length < 3) await new Promise(resolve => setImmediate(resolve));
  expect(order).toEqual([1, 2, 3]);
  stopTracing();
  exporter.reset();
  ref.tell({ n: 4 });
  while (order.length < 4) await new Promise(resolve => setImmediate(resolve));
  expect(seen()).toEqual([]);
});

test('metrics: actors, messages, dead letters, and the time of handlings', async () => {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('test');
  const stop = instrument({ meter });
  await using system = new ActorSystem({ threads: 0, report: () => {} });
  const stopObserving = observe(system, meter);
  const ref = system.spawn(traced, { name: 'counted' });
  for (let n = 0; n < 5; n++) await ref.ask({ type: 'add', n });
  await reader.forceFlush();
  await ref.ask({ type: 'add', n: 1 });
  await reader.forceFlush();
  const points = new Map(
    metricExporter
      .getMetrics()
      .at(-1)!
      .scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]),
  );
  expect(points.get('heddle.actors')).toBe(1);
  expect(points.get('heddle.thread.messages')).toBe(6);
  expect(points.get('heddle.dead_letters')).toBe(0);
  expect(points.get('heddle.actor.handling.duration')).toMatchObject({ count: 6 });
  stopObserving();
  stop();
  await provider.shutdown();
});
