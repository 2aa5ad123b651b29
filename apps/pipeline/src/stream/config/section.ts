// Reads one table of the configuration, strictly: every mistake names the field, what is allowed, and what was found there.

import { EXIT, Trouble } from '../../trouble.ts';

/** What a configuration file, or the command line, says, before it is checked. */
export type Raw = Readonly<Record<string, unknown>>;

export class Section {
  readonly #raw: Raw;
  readonly #place: string;
  readonly #known = new Set<string>();

  /** `place` comes before the field's name: `pipeline.toml: sources[0].`, or `--tcp: `. */
  constructor(raw: unknown, place: string) {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      throw new Trouble(`${place.replace(/\.$/, '')} must be a table, got ${show(raw)}`, {
        exitCode: EXIT.usage,
      });
    this.#raw = raw as Raw;
    this.#place = place;
  }

  has(name: string): boolean {
    return this.#raw[name] !== undefined;
  }

  text(name: string, fallback?: string): string {
    const value = this.#get(name) ?? fallback;
    if (value === undefined) this.#missing(name, 'a text');
    if (typeof value !== 'string' || value === '') this.#bad(name, 'must be a text that is not empty', value);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#get(name) === undefined ? undefined : this.text(name);
  }

  number(name: string, least: number, most: number, fallback?: number): number {
    const value = this.#get(name) ?? fallback;
    if (value === undefined) this.#missing(name, `a whole number from ${least} to ${most}`);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      this.#bad(name, `must be a whole number from ${least} to ${most}`, value);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#get(name) ?? fallback;
    if (typeof value !== 'boolean') this.#bad(name, 'must be true or false', value);
    return value;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.#get(name) ?? fallback;
    const list = allowed.map(each => `"${each}"`).join(', ');
    if (value === undefined) this.#missing(name, `one of ${list}`);
    if (!allowed.includes(value as T)) this.#bad(name, `must be one of ${list}`, value);
    return value as T;
  }

  texts(name: string, least: number): string[] {
    const value = this.#get(name) ?? (least === 0 ? [] : undefined);
    if (value === undefined) this.#missing(name, 'a list of texts');
    const isRight =
      Array.isArray(value) &&
      value.length >= least &&
      value.every(each => typeof each === 'string' && each !== '');
    if (!isRight)
      this.#bad(name, least === 0 ? 'must be a list of texts' : 'must be a list of at least one text', value);
    return value as string[];
  }

  /** Another table in this one; an empty one if it isn't there. */
  section(name: string): Section {
    return new Section(this.#get(name) ?? {}, `${this.#place}${name}.`);
  }

  /** A list of tables. */
  sections(name: string): Section[] {
    const value = this.#get(name) ?? [];
    if (!Array.isArray(value)) this.#bad(name, `must be a list of tables, written [[${name}]]`, value);
    return (value as unknown[]).map((each, i) => new Section(each, `${this.#place}${name}[${i}].`));
  }

  /** Refuses fields that nothing has asked for. */
  end(): void {
    for (const name of Object.keys(this.#raw)) {
      if (this.#known.has(name)) continue;
      const near = [...this.#known].find(
        each => each.toLowerCase() === name.toLowerCase().replaceAll(/[-_]/g, ''),
      );
      const known = near === undefined ? `these are: ${[...this.#known].join(', ')}` : `is "${near}" meant?`;
      throw new Trouble(`${this.#place}${name} is not a known field; ${known}`, { exitCode: EXIT.usage });
    }
  }

  /** Throws the error for a field whose value is not allowed. */
  bad(name: string, why: string): never {
    this.#bad(name, why, this.#raw[name]);
  }

  /** Throws the error for what no single field is at fault for. */
  wrong(why: string): never {
    throw new Trouble(`${this.#place}${why}`, { exitCode: EXIT.usage });
  }

  #get(name: string): unknown {
    this.#known.add(name);
    return this.#raw[name];
  }

  #missing(name: string, what: string): never {
    throw new Trouble(`${this.#place}${name} is missing: it must be ${what}`, { exitCode: EXIT.usage });
  }

  #bad(name: string, why: string, value: unknown): never {
    throw new Trouble(`${this.#place}${name} ${why}, got ${show(value)}`, { exitCode: EXIT.usage });
  }
}

function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)) ??
    String(value);
  return `${text.length > 80 ? `${text.slice(0, 77)}...` : text} (${Array.isArray(value) ? 'list' : typeof value})`;
}
