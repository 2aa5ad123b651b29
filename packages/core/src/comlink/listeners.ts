/** Who listens on a port: comlink, as it listens on any endpoint. */

export type Listener = ((event: never) => void) | { handleEvent(event: never): void };

/** For whoever listens: like a `MessageEvent`, as far as comlink looks. */
export interface PortEvent {
  readonly type: 'message';
  readonly data: unknown;
  readonly target: unknown;
}

export function tell(listener: Listener, event: PortEvent): void {
  if (typeof listener === 'function') (listener as (event: PortEvent) => void)(event);
  else (listener.handleEvent as (event: PortEvent) => void)(event);
}
