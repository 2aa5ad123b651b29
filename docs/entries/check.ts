/**
 * `@heddle/check`
 *
 * @module check
 */
export * from '../../packages/check/src/index.ts';
