/** Runs a scheduler thread: a dispatcher, and the reception of what other threads send. */
import { Gauges } from '../observability/gauges.ts';
import { remoteServices } from '../services/remote-services.ts';
import { createRuntime } from './create-runtime.ts';
import { DeadLetters } from './dead-letters.ts';
import { PlatformHost } from './host.ts';
import { Node } from './node.ts';
import { makeWill } from './node/last-will.ts';
import type { Wiring } from './node/packet.ts';
import type { Report } from './report.ts';

/** Ends when the system does. */
export async function runScheduler(
  wiring: Wiring,
  slot: number,
  generations: readonly number[],
): Promise<void> {
  const generation = generations[slot]!;
  const report = (each: Report): void => node.outbox.post(0, ['report', each]);
  const deadLetters = new DeadLetters(
    error => report({ type: 'callbackFailed', path: '', callback: 'dead letter listener', error }),
    () => {},
  );
  // All dead letters are counted where the system was made.
  deadLetters.subscribe(({ message, path, reason }) =>
    node.outbox.post(0, ['letter', message, path, reason]),
  );
  const runtime = createRuntime({
    slot,
    generation,
    host: new PlatformHost(),
    deadLetters,
    observer: undefined,
    wrapMailbox: undefined,
    report,
    place: placement => node.agents.place(placement),
  });
  const gauges = new Gauges(wiring.census, slot, generation);
  runtime.gauges = runtime.dispatcher.gauges = gauges;
  const node: Node = new Node(runtime, wiring, generations);
  runtime.node = node;
  runtime.services = remoteServices(node);
  const revoke = makeWill(node);
  await node.receive();
  revoke();
}
