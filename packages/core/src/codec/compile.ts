/** Functions made of source, for what runs often enough to pay for it. */

let mayCompile = true;

/** Compiles a function from source, or gives undefined where the page's policy forbids that. */
export function compile(parameters: readonly string[], values: readonly unknown[], source: string): unknown {
  if (!mayCompile) return undefined;
  try {
    return new Function(...parameters, source)(...values);
  } catch {
    mayCompile = false;
    return undefined;
  }
}
