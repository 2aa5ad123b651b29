// Reads messages of RFC 5424, strictly: what isn't one is refused with the place where it stops being one.

/** Parameters by the name of their element: `{ "exampleSDID@32473": { iut: "3" } }`. */
export type StructuredData = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A message of RFC 5424; what was `-` is `null`. */
export interface SyslogMessage {
  /** 0 to 23. */
  readonly facility: number;
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number;
  readonly timestamp: string | null;
  readonly hostname: string | null;
  readonly appName: string | null;
  readonly procId: string | null;
  readonly msgId: string | null;
  readonly structuredData: StructuredData;
  readonly message: string;
}

const GREATEST_PRIORITY = 191;
/** PRI, VERSION and SP. */
const START = /^<(\d{1,3})>(\d{1,3}) /;
const TIMESTAMP = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/;
const LENGTHS = { hostname: 255, appName: 48, procId: 128, msgId: 32 } as const;
/** Of an SD-ID or a parameter: any printable ASCII but `=`, space, `]` and `"`. */
const NAME = /[!#-<>-\\^-~]{1,32}/y;
const BYTE_ORDER_MARK = '\uFEFF';

/** Reads one message. Throws `SyntaxError` with the place, counted in characters from 1. */
export function parseSyslog(text: string): SyslogMessage {
  const start = START.exec(text);
  if (start === null) fail(text, 0, 'expected <priority>version, such as "<34>1 "');
  const priority = Number(start[1]);
  if (priority > GREATEST_PRIORITY) fail(text, 1, `the priority must be at most ${GREATEST_PRIORITY}`);
  if (start[2] !== '1') fail(text, start[0].indexOf('>') + 1, `version ${start[2]} is not known, only 1 is`);

  let at = start[0].length;
  const field = (name: string, longest: number): string | null => {
    const space = text.indexOf(' ', at);
    const end = space === -1 ? text.length : space;
    const value = text.slice(at, end);
    if (value === '' || !/^[!-~]+$/.test(value))
      fail(text, at, `the ${name} must be printable ASCII, or "-"`);
    if (value.length > longest) fail(text, at, `the ${name} must be at most ${longest} characters long`);
    if (space === -1) fail(text, end, `the message ends after its ${name}`);
    at = space + 1;
    return value === '-' ? null : value;
  };

  const timestampAt = at;
  const timestamp = field('timestamp', 32);
  if (timestamp !== null && !isTimestamp(timestamp)) {
    fail(text, timestampAt, `"${timestamp}" is not a timestamp of RFC 3339`);
  }
  const hostname = field('hostname', LENGTHS.hostname);
  const appName = field('app-name', LENGTHS.appName);
  const procId = field('procid', LENGTHS.procId);
  const msgId = field('msgid', LENGTHS.msgId);
  const data = readData(text, at);
  let message = '';
  if (data.end < text.length) {
    if (text[data.end] !== ' ') fail(text, data.end, 'expected a space before the message');
    message = text.slice(data.end + 1);
    if (message.startsWith(BYTE_ORDER_MARK)) message = message.slice(1);
  }
  return {
    facility: priority >> 3,
    severity: priority & 7,
    timestamp,
    hostname,
    appName,
    procId,
    msgId,
    structuredData: data.value,
    message,
  };
}

function isTimestamp(text: string): boolean {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return false;
  const [month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59;
}

function readData(text: string, from: number): { value: StructuredData; end: number } {
  // Without a prototype: an element may be called __proto__.
  const value = Object.create(null) as Record<string, Record<string, string>>;
  if (text[from] === '-') return { value: {}, end: from + 1 };
  if (text[from] !== '[') fail(text, from, 'expected structured data in brackets, or "-"');
  let at = from;
  const name = (what: string): string => {
    NAME.lastIndex = at;
    const found = NAME.exec(text)?.[0];
    if (found === undefined) fail(text, at, `expected the name of ${what}`);
    at += found.length;
    return found;
  };
  while (text[at] === '[') {
    at += 1;
    const idAt = at;
    const id = name('an element');
    if (id in value) fail(text, idAt, `the element ${id} occurs twice`);
    const parameters = (value[id] = Object.create(null) as Record<string, string>);
    while (text[at] === ' ') {
      at += 1;
      const key = name('a parameter');
      if (text[at] !== '=' || text[at + 1] !== '"') fail(text, at, `expected ="…" after ${key}`);
      at += 2;
      let content = '';
      for (; text[at] !== '"'; at++) {
        if (at >= text.length) fail(text, at, `the value of ${key} has no end`);
        // Only these three may be escaped; before anything else the backslash stands for itself.
        if (text[at] === '\\' && at + 1 < text.length && '"\\]'.includes(text[at + 1]!)) at += 1;
        else if (text[at] === ']') fail(text, at, `] must be written \\] in the value of ${key}`);
        content += text[at];
      }
      parameters[key] = content;
      at += 1;
    }
    if (text[at] !== ']') fail(text, at, `expected ] at the end of ${id}`);
    at += 1;
  }
  return { value, end: at };
}

function fail(text: string, at: number, why: string): never {
  const near = text.length === 0 ? 'an empty message' : `character ${at + 1}`;
  throw new SyntaxError(`not a syslog message of RFC 5424, at ${near}: ${why}`);
}
