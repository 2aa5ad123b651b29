// A number with what it counts, as English says it.

const rules = new Intl.PluralRules('en');

/** Returns `1 job`, `2 jobs`. */
export function count(value: number, one: string, many: string): string {
  return `${value.toLocaleString('en')} ${rules.select(value) === 'one' ? one : many}`;
}
