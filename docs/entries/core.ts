/**
 * `@heddle/core`
 *
 * @module core
 */
export * from '../../packages/core/src/index.ts';
