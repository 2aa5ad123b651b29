/** Throws `TypeError` for an option that there isn't, so that a slip of the pen isn't taken for silence; `internal` ones are allowed, and not mentioned. */
export function checkNames(
  options: object,
  names: readonly string[],
  place: string,
  internal: readonly string[] = [],
): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name) && !internal.includes(name))
      throw new TypeError(
        `${place}: there is no option ${JSON.stringify(name)}; there are ${names.join(', ')}`,
      );
  }
}
