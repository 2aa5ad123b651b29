/**
 * What a program says that it prints: `console.log(x); // => 3` and, for short, `x; // => 3`. Such a line is made to print its number in front, so that
 * each can be compared by itself, however the threads take turns. A line that runs several times says all of it: `// => 1, 2, 3`; `…` stands for
 * anything, and what follows ` — ` is a remark.
 */

export interface Expectation {
  /** From 1, in the block. */
  readonly line: number;
  readonly value: string;
}

/** Begins what an observed line prints; nothing else does. */
const MARK = '\u0001';

const ARROW = /^(.*?)\s*\/\/ => (.*)$/;
const LOGGED = /^(.*)\bconsole\.log\((.*)\);?( \})?$/;
const STATEMENT = /^(\s*)(?!(?:const|let|var|return|if|for|while|using|throw|import|export)\b)(\S.*);$/;

/** The code with its expectations made observable. Throws if one stands where it can't be. */
export function observe(code: string): { code: string; expectations: Expectation[] } {
  const expectations: Expectation[] = [];
  const lines = code.split('\n').map((text, index) => {
    const arrow = ARROW.exec(text);
    if (arrow === null) return text;
    const [, statement = '', value = ''] = arrow;
    const line = index + 1;
    expectations.push({ line, value: value.split(' — ')[0]!.trim() });
    const tag = `'\\u0001${line}\\u0002'`;
    const logged = LOGGED.exec(statement);
    if (logged !== null) return `${logged[1]}console.log(${tag}, ${logged[2]});${logged[3] ?? ''}`;
    const plain = STATEMENT.exec(statement);
    if (plain !== null) return `${plain[1]}console.log(${tag}, ${plain[2]});`;
    throw new Error(
      `line ${line}: "// =>" must follow a console.log(…) or an expression, on one line: ${text.trim()}`,
    );
  });
  return { code: lines.join('\n'), expectations };
}

/** What the lines printed, by number, and all that a reader would see. */
export function readOutput(output: string): { seen: string; printed: Map<number, string[]> } {
  const printed = new Map<number, string[]>();
  let current: string[] | undefined;
  const seen = output.split('\n').map(text => {
    const mark = text.indexOf(MARK);
    if (mark === -1) {
      if (current !== undefined) current[current.length - 1] += `\n${text}`;
      return text;
    }
    const [number = '', value = ''] = text.slice(mark + 1).split('\u0002');
    const shown = value.replace(/^ /, '');
    current = printed.get(Number(number)) ?? [];
    printed.set(Number(number), current);
    current.push(shown);
    return text.slice(0, mark) + shown;
  });
  return { seen: seen.join('\n'), printed };
}

/** Nothing, or what is wrong. */
export function compare({ line, value }: Expectation, printed: Map<number, string[]>): string | undefined {
  const values = printed.get(line);
  if (values === undefined) return `line ${line} should print ${value}, and was never reached`;
  // A value of several lines can have swallowed what an unobserved line printed behind it; then only its beginning counts.
  const actual = values.join(', ');
  const pattern = like(value);
  if (pattern.test(plain(actual)) || pattern.test(plain(actual.split('\n')[0]!))) return undefined;
  return `line ${line} should print ${value}, and printed ${actual.trim()}`;
}

/** Nothing, or what is wrong. A line `…` stands for any number of lines. */
export function compareText(expected: string, actual: string, anyOrder: boolean): string | undefined {
  const tidy = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map(each => each.trimEnd());
  const wanted = anyOrder ? tidy(expected).toSorted() : tidy(expected);
  const printed = anyOrder ? tidy(actual).toSorted() : tidy(actual);
  const pattern = wanted.map(each => (each === '…' ? '(?:.*\\n)*?' : `${source(each)}\\n`)).join('');
  return new RegExp(`^${pattern}$`, 'u').test(`${printed.join('\n')}\n`)
    ? undefined
    : `should print\n${expected}\nand printed\n${actual}`;
}

const source = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`).replaceAll('…', '.*?');
/** Spacing and quotes differ between what `console.log` prints and what one writes. */
const plain = (text: string): string => text.replaceAll(/\s+/g, '').replaceAll(/["'`]/g, '');
const like = (value: string): RegExp => new RegExp(`^${source(plain(value))}$`, 'su');
