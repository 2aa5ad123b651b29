// Columns of text. The last one is as long as it is; widths are counted in characters.

/** Returns lines; cells that are numbers stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [head, ...rows].map(row => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map(row => [...(row[column] ?? '')].length)));
  return all.map(row =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat(widths[column]! - [...cell].length);
        return typeof rows[0]?.[column] === 'number' ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A time as a person reads it, in the machine's zone: to the second, and to the day if it isn't today. */
export function showTime(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  );
}
