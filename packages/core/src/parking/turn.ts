/** Lets timers, messages and input have their turn. */
export function turn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (action: () => void) => void };
  return new Promise(resolve => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}
