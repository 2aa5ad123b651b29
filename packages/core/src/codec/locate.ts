/**
 * Finds the value that could not be encoded, and says where it is, why it cannot travel and what to do instead.
 * It walks the value a second time, so that keeping track of the path costs nothing while all goes well.
 *
 * Paths read like code: `args[0].jobs[3].callback`, `item["two words"]`, `item.get("a")` for what a Map holds under a primitive key,
 * `item<value 2>` under any other, `item<key 2>` for a key of a Map and `item<item 2>` for an item of a Set, counted from 0.
 */
import {
  BYTES,
  FAILURE,
  GROUP,
  kindOf,
  MAPPING,
  MOMENT,
  PATTERN,
  REFUSED,
  refusal,
  SHARED,
  WRAPPER,
} from './brand.ts';
import { isDetached } from './bytes.ts';

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
/** A path longer than this tells nobody anything: its middle is left out. */
const LONGEST_PATH = 300;

/** The message for the first value that cannot travel; undefined if there is none (any more). */
export function locate(value: unknown, place: string): string | undefined {
  try {
    return search(value, place, new Set());
  } catch {
    // Too deep, or a getter that throws this time.
    return undefined;
  }
}

function search(value: unknown, path: string, visited: Set<object>): string | undefined {
  const reason = whyNot(value);
  if (reason !== undefined) return `${shorten(path)}: ${reason}`;
  if (typeof value !== 'object' || value === null || visited.has(value)) return undefined;
  visited.add(value);
  for (const [inner, step] of contents(value)) {
    const found = search(inner, path + step, visited);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shorten(path: string): string {
  return path.length <= LONGEST_PATH
    ? path
    : `${path.slice(0, LONGEST_PATH / 2)} … ${path.slice(-LONGEST_PATH / 2)}`;
}

function whyNot(value: unknown): string | undefined {
  if (typeof value === 'function') {
    return isClass(value)
      ? 'classes cannot be shared: import the class in the other thread, and send the data of its instances'
      : 'functions cannot be shared: send data, and name what to do with it by a task or an export of a module';
  }
  if (typeof value === 'symbol') return 'symbols cannot be shared: use a string';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (ArrayBuffer.isView(value)) return undefined;
  const kind = kindOf(value);
  if (kind === REFUSED) return refusal(value) ?? 'it cannot be shared';
  if (kind === BYTES && isDetached(value as ArrayBuffer)) {
    return 'this ArrayBuffer is detached: it was transferred before, and is empty here';
  }
  return isImpostor(kind, value)
    ? 'it is not what its prototype says (a Proxy?): share what it stands for'
    : undefined;
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class');
}

const BRANDS: Record<number, (value: never) => unknown> = {
  [MAPPING]: value => Map.prototype.has.call(value, 0),
  [GROUP]: value => Set.prototype.has.call(value, 0),
  [MOMENT]: value => Date.prototype.getTime.call(value),
  [PATTERN]: value => Reflect.get(RegExp.prototype, 'source', value),
  [BYTES]: value => Reflect.get(ArrayBuffer.prototype, 'byteLength', value),
};

function isImpostor(kind: number, value: object): boolean {
  try {
    BRANDS[kind]?.(value as never);
    return false;
  } catch {
    return true;
  }
}

function* contents(value: object): Generator<[inner: unknown, step: string]> {
  if (Array.isArray(value)) {
    for (const key of Object.keys(value)) {
      const step = /^\d+$/.test(key) ? `[${key}]` : property(key);
      yield [(value as unknown as Record<string, unknown>)[key], step];
    }
    return;
  }
  if (ArrayBuffer.isView(value)) {
    yield [value.buffer, '.buffer'];
    return;
  }
  switch (kindOf(value)) {
    case MAPPING: {
      let count = 0;
      for (const [key, inner] of Map.prototype.entries.call(value as Map<unknown, unknown>)) {
        yield [key, `<key ${count}>`];
        yield [inner, isPrimitive(key) ? `.get(${show(key)})` : `<value ${count}>`];
        count++;
      }
      return;
    }
    case GROUP: {
      let count = 0;
      for (const inner of Set.prototype.values.call(value as Set<unknown>))
        yield [inner, `<item ${count++}>`];
      return;
    }
    case SHARED:
    case MOMENT:
    case PATTERN:
    case WRAPPER:
    case BYTES:
    case FAILURE:
      return;
    default:
      for (const key of Object.keys(value)) yield [(value as Record<string, unknown>)[key], property(key)];
  }
}

function property(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function show(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key);
  return typeof key === 'bigint' ? `${key}n` : String(key);
}
