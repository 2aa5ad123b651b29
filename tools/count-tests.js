// Adds up what vitest reported in every workspace, prints `N passed, N failed` and fails if anything failed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const workspaces = ['examples', 'benchmarks', 'docs/check'];
for (const parent of ['packages', 'apps']) {
  for (const name of readdirSync(root + parent)) workspaces.push(`${parent}/${name}`);
}
const reports = workspaces
  .map(path => `${root}${path}/test-results/vitest.json`)
  .filter(path => existsSync(path));
let passed = 0;
let failed = 0;

for (const report of reports) {
  const { numPassedTests, numFailedTests, testResults, success } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  // A file that can't be loaded has no tests to count: it counts as one that failed.
  const broken = testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0);
  failed += numFailedTests + broken.length;
  if (!success && numFailedTests + broken.length === 0) failed += 1;
}

console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
