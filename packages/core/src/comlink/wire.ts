/**
 * comlink's messages, and how they change on their way into shared memory. This file doesn't load comlink.
 *
 * A transfer handler serializes for `postMessage`, since comlink doesn't tell it where the message will go: a callback becomes a MessagePort,
 * shareables become bytes, an error loses its class. What it serialized is remembered here together with what goes over a `SharedPort` in its place, where
 * the codec carries more than structured clone does.
 */

/** A value as comlink sends it: as it is, or by the name of a transfer handler and what that made of it. */
interface WireValue {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
}

/** A request has a type of its own; a response is a wire value with the request's id. */
export interface Message extends WireValue {
  readonly id?: string;
  readonly path?: readonly string[];
  readonly argumentList?: readonly WireValue[];
}

export type Request = Message & { readonly id: string };

const REQUESTS = new Set(['GET', 'SET', 'APPLY', 'CONSTRUCT', 'ENDPOINT', 'RELEASE']);

/** Whether a message is one of comlink's requests, so that a response must come. */
export function isRequest(message: unknown): message is Request {
  const { id, type } = (message ?? {}) as Message;
  return typeof id === 'string' && REQUESTS.has(type);
}

/** A request as the caller wrote it, for errors: `jobs.add()`. */
export function describeRequest({ type, path = [] }: Message): string {
  const name = path.join('.');
  if (type === 'APPLY') return `${name}()`;
  if (type === 'CONSTRUCT') return `new ${name === '' ? 'the exposed class' : name}()`;
  return name === '' ? 'the call' : name;
}

/** What goes into shared memory in place of what a handler serialized. */
export interface Substitute {
  readonly wire: WireValue;
  /** Is told whether the message was accepted. */
  settle?(accepted: boolean): void;
}

const substitutes = new WeakMap<object, () => Substitute>();

/** Says what is to be sent in place of `serialized`, a transfer handler's product, over a `SharedPort`. */
export function substitute(serialized: object, make: () => Substitute): void {
  substitutes.set(serialized, make);
}

/** What goes into shared memory in place of a value that no handler serialized; set by `ports.ts`. */
let otherwise: (value: object) => Substitute | undefined = () => undefined;

export function substituteOtherwise(make: typeof otherwise): void {
  otherwise = make;
}

/** The message for shared memory. Each substitute's `settle` is appended to `settlers`, also when a later one can't be made. */
export function forSharedMemory(message: unknown, settlers: Array<(accepted: boolean) => void>): unknown {
  if (typeof message !== 'object' || message === null) return message;
  const convert = (wire: WireValue): WireValue => {
    const { value } = wire ?? {};
    if (typeof value !== 'object' || value === null) return wire;
    const make = substitutes.get(value);
    const made = make === undefined ? otherwise(value) : make();
    if (made === undefined) return wire;
    if (made.settle !== undefined) settlers.push(accepted => made.settle?.(accepted));
    return made.wire;
  };
  const { argumentList, type, value, id } = message as Message;
  if (argumentList !== undefined) return { ...message, argumentList: argumentList.map(convert) };
  if (type === 'SET') return { ...message, value: convert(value as WireValue) };
  const converted = convert(message as Message);
  return converted === message ? message : { ...converted, id };
}

/** A response by which the caller's promise rejects with this very error. */
export function rejection(id: string, error: unknown): Message {
  return { id, type: 'HANDLER', name: 'throw', value: { isError: false, value: error } };
}

const IN_ARGUMENTS = /^item\[1\]\.argumentList\[(\d+)\]\.value/;
const IN_VALUE = /^item\[1\](?:\.value){1,3}/;

/** Says in the caller's words where the value stands that can't travel. */
export function inCallersWords(text: string, message: unknown): string {
  const what = isRequest(message) ? `value of ${describeRequest(message)}` : 'result';
  return text.replace(IN_ARGUMENTS, 'args[$1]').replace(IN_VALUE, what);
}
