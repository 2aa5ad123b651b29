/**
 * MessagePorts over a `SharedPort`. They can't stand in shared memory, so a channel takes their place: one end is bridged to the port that was sent, and the
 * receiver gets a fresh port that is bridged to the other.
 */
import { transferHandlers } from 'comlink';
import { SharedChannel, SharedPort } from './shared-port.ts';
import { substituteOtherwise } from './wire.ts';

const PORT = 'heddle port';

/** As Node has it: an idle bridge holds no event loop. */
type NodePort = MessagePort & { unref?(): void };

function bridge(port: NodePort, shared: SharedPort): void {
  shared.addEventListener('message', ({ data }: { readonly data: unknown }) => port.postMessage(data));
  port.addEventListener('message', ({ data }) => shared.postMessage(data));
  // Browsers are about to have it, too.
  port.addEventListener('close' as 'message', () => shared.close());
  void shared.closed.then(() => port.close());
  port.start();
  port.unref?.();
}

substituteOtherwise(value => {
  if (!(value instanceof MessagePort)) return undefined;
  const { port1, port2 } = new SharedChannel();
  return {
    wire: { type: 'HANDLER', name: PORT, value: port2 },
    settle(accepted) {
      if (accepted) bridge(value, port1.inBackground());
      else port1.dispose();
      port2.dispose();
    },
  };
});

transferHandlers.set(PORT, {
  // Only for what comes: over other endpoints a port travels by itself.
  canHandle: (_value): _value is unknown => false,
  serialize: value => [value, []],
  deserialize(shared) {
    const { port1, port2 } = new MessageChannel();
    bridge(port1, (shared as SharedPort).inBackground());
    return port2;
  },
});
