/**
 * `@heddle/core/comlink`: comlink, over shared memory. Needs `comlink` beside it, whose exports are here again, so that one import does: whoever imports
 * this, on both sides, can pass shareables at any depth through comlink's calls, over every endpoint, and gets errors with their class and cause.
 */
import './handlers.ts';
import './ports.ts';

export { SharedChannel, SharedPort } from './shared-port.ts';

export {
  createEndpoint,
  expose,
  finalizer,
  proxy,
  proxyMarker,
  releaseProxy,
  transfer,
  transferHandlers,
  windowEndpoint,
  wrap,
} from 'comlink';
export type {
  Endpoint,
  Local,
  LocalObject,
  ProxyMarked,
  ProxyMethods,
  ProxyOrClone,
  Remote,
  RemoteObject,
  TransferHandler,
  UnproxyOrClone,
} from 'comlink';
