export { testBuilt as default } from '../vitest.base.ts';
