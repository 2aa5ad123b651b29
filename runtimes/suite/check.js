/** Saying what was expected. */

/** How long a state is waited for. */
const PATIENCE_MS = 15_000;

class CheckError extends Error {}

export function fail(message) {
  throw new CheckError(message);
}

export function equal(actual, expected, what) {
  const [a, b] = [show(actual), show(expected)];
  if (a !== b) fail(`${what}: expected ${b}, got ${a}`);
}

function show(value) {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'bigint' ? `${each}n` : each === undefined ? 'undefined' : each,
  );
}

export function throws(type, text, action) {
  try {
    action();
  } catch (error) {
    if (!(error instanceof type) || !error.message.includes(text))
      fail(`expected ${type.name} "${text}", got ${error}`);
    return error;
  }
  return fail(`expected ${type.name} "${text}", nothing was thrown`);
}

export async function rejects(type, text, promise) {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof type) || !error.message.includes(text))
      fail(`expected ${type.name} "${text}", got ${error}`);
    return error;
  }
  return fail(`expected ${type.name} "${text}", nothing was thrown`);
}

/** Waits for a state, not for a time. */
export async function until(condition, what) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    if (condition()) return;
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  fail(`not within ${PATIENCE_MS} ms: ${what}`);
}
