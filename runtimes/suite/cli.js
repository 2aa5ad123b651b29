/** Runs the scenario whose number is the last argument and prints how it ended. The process must then end by itself. */
import { scenarios } from './every.js';

const began = performance.now();
let outcome;
try {
  await scenarios[Number(process.argv.at(-1))].run();
  outcome = { ok: true };
} catch (error) {
  outcome = {
    ok: false,
    error: error?.stack?.includes(error.message) ? error.stack : `${error}\n${error?.stack}`,
  };
}
console.log(`\u0001${JSON.stringify({ ...outcome, ms: performance.now() - began })}`);
