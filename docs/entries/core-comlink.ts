/**
 * `@heddle/core/comlink`
 *
 * @module core-comlink
 */
export * from '../../packages/core/src/comlink/index.ts';
