/** Names with a type: what stands under a key, or is published on a topic, understands or is an `M`. Equal names are one key, on every thread. */

/**
 * A name under which actors that understand `M` are found. See `Registry`.
 *
 * @example
 * export const printers = new Key<PrintJob>('printers');
 */
export class Key<in out M> {
  readonly name: string;
  /** Never there: carries the type. */
  declare readonly message?: (message: M) => M;

  /** Throws `TypeError` for anything but a string with something in it. */
  constructor(name: string) {
    this.name = checkedName(name, 'Key');
  }
}

/**
 * A kind of events, of type `M`. See `EventStream`.
 *
 * @example
 * export const orders = new Topic<{ id: number; total: number }>('orders');
 */
export class Topic<in out M> {
  readonly name: string;
  /** Never there: carries the type. */
  declare readonly event?: (event: M) => M;

  /** Throws `TypeError` for anything but a string with something in it. */
  constructor(name: string) {
    this.name = checkedName(name, 'Topic');
  }
}

function checkedName(name: unknown, what: string): string {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`${what}: name must be a string, got ${JSON.stringify(name)} (${typeof name})`);
  }
  return name;
}
