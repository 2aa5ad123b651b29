// Adds up what vitest reported in every workspace, says what failed and why, prints `N passed, N failed`, and fails if
// anything failed. The reasons come last, because whoever reads a long log begins at its end.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const workspaces = ['examples', 'benchmarks', 'docs/check'];
for (const parent of ['packages', 'apps']) {
  for (const name of readdirSync(root + parent)) workspaces.push(`${parent}/${name}`);
}
const reports = workspaces
  .map(path => `${root}${path}/test-results/vitest.json`)
  .filter(path => existsSync(path));
/** A log is read at its end, so a failure takes a few lines there, not the hundreds that a deep comparison can have. */
const linesOfMessage = 30;
let passed = 0;
let failed = 0;

for (const report of reports) {
  const { numPassedTests, numFailedTests, testResults, success } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  for (const file of testResults) printFailures(file);
  // A file that can't be loaded has no tests to count: it counts as one that failed.
  const broken = testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0);
  failed += numFailedTests + broken.length;
  if (!success && numFailedTests + broken.length === 0) failed += 1;
}

console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;

/** @param {{ name: string, status: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }} file */
function printFailures({ name, status, message, assertionResults }) {
  const failures = assertionResults
    .filter(test => test.status === 'failed')
    .map(test => ({ title: test.fullName, text: test.failureMessages.join('\n') }));
  if (status === 'failed' && assertionResults.length === 0)
    failures.push({ title: 'cannot be run', text: message });
  for (const { title, text } of failures) {
    console.log(`FAILED ${relative(root, name)}: ${title}`);
    const lines = text.split('\n').filter(line => !/^\s+at .*(node_modules|new Promise)/u.test(line));
    console.log(lines.slice(0, linesOfMessage).join('\n'));
  }
}
