// Adds up the test reports and prints the closing line. A step that failed without a failing test (types, an install, a
// report that is missing) counts as one failure, so the line cannot look better than the run was.
import { existsSync, readFileSync } from 'node:fs';

type Report = { readonly numPassedTests: number; readonly numFailedTests: number; readonly numPendingTests: number };

const [stepsFailed = '0', ...reports] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
let missing = 0;
for (const path of reports) {
  if (!existsSync(path)) {
    missing += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
}
const total = Math.max(failed, failed + missing, Number(stepsFailed));
console.log(`${passed} passed, ${total} failed, ${skipped} skipped`);
process.exitCode = total > 0 ? 1 : 0;
