/**
 * Makes comlink's own transfer handlers, of which each thread has one map, carry what Heddle can: shareables at any depth, errors with class, cause and own
 * properties, and callbacks over a `SharedPort`. A side that hasn't loaded this gets what comlink alone would have sent, where that is possible.
 */
import { expose, releaseProxy, transferHandlers, wrap } from 'comlink';
import type { Endpoint, TransferHandler } from 'comlink';
import { pack, unpack } from '../attach.ts';
import { SharedChannel, SharedPort } from './shared-port.ts';
import { contentsOf, isOfThisRuntime, parcel, thisRuntime, unwrapParcel } from './travel.ts';
import type { Contents, Parcel } from './travel.ts';
import { substitute } from './wire.ts';

const SHAREABLES = 'heddle';

/** While comlink is asked what it would transfer: then our handler is none of its handlers. */
let asking = false;
let looked: { readonly value: unknown; readonly contents: Contents } | undefined;

const shareables: TransferHandler<unknown, Parcel> = {
  canHandle(value): value is unknown {
    if (asking || typeof value !== 'object' || value === null) return false;
    const contents = contentsOf(value);
    looked = contents.shareable ? { value, contents } : undefined;
    return contents.shareable;
  },
  serialize(value) {
    const contents = looked?.value === value ? looked!.contents : contentsOf(value);
    looked = undefined;
    const transfers = contents.transferable ? transfersOf(value) : [];
    const made = parcel(value);
    substitute(made, () => ({ wire: { type: 'RAW', value } }));
    return [made, transfers];
  },
  deserialize: unwrapParcel,
};

/**
 * What the user has named by `transfer(value, […])`. comlink remembers it where nobody else can look, but tells it to any endpoint; so it is asked to send
 * the value to one that listens.
 */
function transfersOf(value: unknown): Transferable[] {
  let named: Transferable[] | undefined;
  const listener: Endpoint = {
    postMessage(_message: unknown, transfers?: Transferable[]) {
      named ??= transfers ?? [];
    },
    addEventListener() {},
    removeEventListener() {},
  };
  const call = wrap<(value: unknown) => void>(listener);
  asking = true;
  try {
    // Never answered, and nobody waits.
    void call(value);
  } finally {
    asking = false;
  }
  call[releaseProxy]();
  return named ?? [];
}

interface Thrown {
  readonly value: unknown;
}

interface SerializedThrown {
  readonly isError: boolean;
  readonly value: unknown;
  /** The error as Heddle's codec has it, beside what comlink alone would send. */
  readonly heddle?: { readonly runtime: number; readonly packed: Uint8Array } | undefined;
}

function improveErrors(plain: TransferHandler<Thrown, SerializedThrown>): typeof plain {
  return {
    canHandle: (value): value is Thrown => plain.canHandle(value),
    serialize(thrown) {
      const [serialized, transfers] = plain.serialize(thrown);
      if (!serialized.isError) return [serialized, transfers];
      const { value: error } = thrown;
      const improved: SerializedThrown = {
        ...serialized,
        // Looked at by structured clone, not over a SharedPort.
        get heddle() {
          return packedError(error);
        },
      };
      substitute(improved, () => ({
        wire: { type: 'HANDLER', name: 'throw', value: { isError: false, value: error } },
      }));
      return [improved, transfers];
    },
    deserialize(serialized) {
      const { heddle } = serialized;
      if (heddle !== undefined && isOfThisRuntime(heddle.runtime)) throw unpack(heddle.packed);
      return plain.deserialize(serialized);
    },
  };
}

function packedError(error: unknown): SerializedThrown['heddle'] {
  const runtime = thisRuntime();
  if (runtime === 0) return undefined;
  try {
    return { runtime, packed: pack(error) };
  } catch {
    return undefined;
  }
}

function improveCallbacks(plain: TransferHandler<object, unknown>): typeof plain {
  return {
    canHandle: (value): value is object => plain.canHandle(value),
    serialize(exposed) {
      const [port, transfers] = plain.serialize(exposed);
      substitute(port as MessagePort, () => {
        (port as MessagePort).close();
        const { port1, port2 } = new SharedChannel();
        return {
          wire: { type: 'HANDLER', name: 'proxy', value: port2 },
          settle(accepted) {
            if (accepted) expose(exposed, port1.inBackground());
            else port1.dispose();
            port2.dispose();
          },
        };
      });
      return [port, transfers];
    },
    deserialize: port => (port instanceof SharedPort ? wrap<object>(port) : plain.deserialize(port)),
  };
}

function improve(name: string, better: (plain: never) => unknown): void {
  transferHandlers.set(
    name,
    better(transferHandlers.get(name) as never) as TransferHandler<unknown, unknown>,
  );
}

improve('proxy', improveCallbacks as (plain: never) => unknown);
improve('throw', improveErrors as (plain: never) => unknown);
transferHandlers.set(SHAREABLES, shareables as TransferHandler<unknown, unknown>);
