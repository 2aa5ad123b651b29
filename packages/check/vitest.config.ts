export { testSources as default } from '../../vitest.base.ts';
