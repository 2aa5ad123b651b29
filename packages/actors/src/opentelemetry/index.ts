/**
 * `@heddle/actors/opentelemetry`: traces of messages and questions, and metrics, by OpenTelemetry's API (`@opentelemetry/api`, an optional peer). What becomes of them is up
 * to the SDK that the program sets up.
 */
export { instrument } from './instrument.ts';
export type { InstrumentOptions } from './instrument.ts';
export { observe } from './metrics.ts';
