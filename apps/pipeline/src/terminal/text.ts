// Numbers and words for people.

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `12,345`. */
export function whole(value: number): string {
  return NUMBER.format(value);
}

/** `1 file`, `2 files`. */
export function count(value: number, one: string, many: string): string {
  return `${whole(value)} ${value === 1 ? one : many}`;
}

/** `2.31 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

/** `45 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** Leaves out what would move the cursor or worse: names and lines come from files that anybody may have written. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}
