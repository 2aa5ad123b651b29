/**
 * `@heddle/actors/testkit`
 *
 * @module actors-testkit
 */
export * from '../../packages/actors/src/testkit/index.ts';
