/** The services of a system as threads other than the main thread have them. */
import type { Node } from '../runtime/node.ts';
import type { ActorRef } from '../runtime/ref.ts';
import { EVENTS_NUMBER, REGISTRY_NUMBER } from '../runtime/runtime.ts';
import type { EventMessage } from './event-stream-actor.ts';
import { EventStream } from './event-stream.ts';
import type { RegistryMessage } from './registry-actor.ts';
import { Registry } from './registry.ts';
import { PREFIX } from './services.ts';
import type { Services } from './services.ts';

export function remoteServices(node: Node): Services {
  const at = <M>(number: number, name: string) => {
    const ref = node.refArrives(number, `/${PREFIX}${name}`) as ActorRef<M>;
    return () => ref;
  };
  return {
    registry: new Registry(at<RegistryMessage>(REGISTRY_NUMBER, 'registry')),
    events: new EventStream(at<EventMessage>(EVENTS_NUMBER, 'events')),
  };
}
