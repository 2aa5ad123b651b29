// What the tests of every workspace have in common.

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const conditions = ['@heddle/source'];
const cachedTypes = `--import=${new URL('./tools/cached-types.js', import.meta.url).href}`;

const common = {
  include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
  exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
  pool: 'forks' as const,
  // Most files wait more than they compute. Vitest would leave one of two cores idle (measured, four files of core: 57 s one by one, 39 s in pairs).
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A test that blocks its own thread for ever can't be timed out: every wait in a test has a timeout of its own.
  testTimeout: 30_000,
  hookTimeout: 30_000,
  setupFiles: [fileURLToPath(new URL('./tools/quiet-console.ts', import.meta.url))],
  reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]] as [
    'default',
    ['json', object],
  ],
  passWithNoTests: true,
};

/** The tests and the threads that they start load the sources of every package; nothing needs to be built. */
export const testSources: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    ...common,
    // Worker threads load the sources natively, and inherit these flags; programs that a test starts find them in the environment.
    execArgv: ['--conditions=@heddle/source', cachedTypes],
    env: { NODE_OPTIONS: [process.env['NODE_OPTIONS'], cachedTypes].filter(Boolean).join(' ') },
  },
});

/** The tests start what was built, as a user does. */
export const testBuilt: ViteUserConfig = defineConfig({ test: { ...common, testTimeout: 60_000 } });
