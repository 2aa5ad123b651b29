/**
 * `@heddle/actors`
 *
 * @module actors
 */
export * from '../../packages/actors/src/index.ts';
