// Adds up the test reports and prints the closing line. A step that failed without a failing test (types, an install, a
// report that is missing) counts as one failure, and tests of a file that could not set itself up are failures, not skips: the
// line cannot look better than the run was.
import { existsSync, readFileSync } from 'node:fs';

type Report = {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

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
  for (const file of report.testResults) {
    const count = (status: string): number => file.assertionResults.filter((test) => test.status === status).length;
    const broken = count('failed');
    const untold = file.assertionResults.length - count('passed') - broken;
    const isSetUp = file.status !== 'failed' || broken > 0;
    passed += count('passed');
    failed += isSetUp ? broken : Math.max(1, untold);
    skipped += isSetUp ? untold : 0;
  }
}
const total = Math.max(failed, failed + missing, Number(stepsFailed));
console.log(`${passed} passed, ${total} failed, ${skipped} skipped`);
process.exitCode = total > 0 ? 1 : 0;
