// Accuracy of the joins against ground truth, run by run and in sum, beside the two simple ways to pair an access line with a
// timing block. Reads every live run that is there; prints a table, and each mistake with --mistakes.
import type { ConfidenceClass } from '../processors/fact.ts';
import { type Accuracy, judge, namesIn } from '../test/support/join-truth.ts';
import { corpusRuns, factsOf, freshRuns, shippedRuns } from '../test/support/live-runs.ts';
import { goal } from './table.ts';

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(2)} %`);
const column = (text: string | number, width: number): string => String(text).padStart(width);

const head = [
  'run',
  'timed',
  'right',
  'wrong',
  'missed',
  'share',
  'invented',
  'lifo',
  'nearest',
  'ran',
  'model ok',
  'model bad',
];
const print = (cells: readonly (string | number)[]): void =>
  console.log(
    String(cells[0]).padEnd(36) +
      cells
        .slice(1)
        .map((cell) => column(cell, 10))
        .join(''),
  );

const row = (a: Accuracy): readonly (string | number)[] => [
  a.run,
  a.timed,
  a.right,
  a.wrong,
  a.missed,
  percent(a.right, a.timed),
  a.invented,
  percent(a.lastInFirstOut, a.timed),
  percent(a.nearest, a.timed),
  a.ran,
  percent(a.modelRight, a.ran),
  a.modelWrong,
];

const sum = (rows: readonly Accuracy[], pick: (a: Accuracy) => number): number =>
  rows.reduce((total, a) => total + pick(a), 0);

/** The same logs as bare files: no arrival times, access lines to the second. */
const bare = process.argv.includes('--bare');
const shipped = shippedRuns();
const runs = [...shipped, ...corpusRuns(), ...freshRuns()].filter((run) => !run.blind);
const rows: Accuracy[] = [];
print(head);
const walked = runs.map((run) => ({ run, ...factsOf(run, { bare }) }));
const names = new Map(walked.flatMap(({ facts }) => [...namesIn(facts)]));
for (const { run, readings, facts } of walked) {
  const accuracy = judge(run, readings, facts, names);
  rows.push(accuracy);
  print(row(accuracy));
}
const printSum = (name: string, of: readonly Accuracy[]): void => {
  const timed = sum(of, (a) => a.timed);
  print([
    name,
    timed,
    sum(of, (a) => a.right),
    sum(of, (a) => a.wrong),
    sum(of, (a) => a.missed),
    percent(
      sum(of, (a) => a.right),
      timed,
    ),
    sum(of, (a) => a.invented),
    percent(
      sum(of, (a) => a.lastInFirstOut),
      timed,
    ),
    percent(
      sum(of, (a) => a.nearest),
      timed,
    ),
    sum(of, (a) => a.ran),
    percent(
      sum(of, (a) => a.modelRight),
      sum(of, (a) => a.ran),
    ),
    sum(of, (a) => a.modelWrong),
  ]);
};
// What any clone can print, and what was printed with the runs that lay beside this one.
const isShipped = new Set(shipped.map(({ name }) => name));
printSum(
  'sum, bundled recordings alone',
  rows.filter(({ run }) => isShipped.has(run)),
);
printSum('sum, all runs beside it too', rows);
for (const name of ['exact', 'strong', 'weak', 'none'] satisfies ConfidenceClass[]) {
  const [claimed, right] = [sum(rows, (a) => a.byClass[name].claimed), sum(rows, (a) => a.byClass[name].right)];
  const [models, modelsRight] = [
    sum(rows, (a) => a.modelByClass[name].claimed),
    sum(rows, (a) => a.modelByClass[name].right),
  ];
  console.log(
    `class ${name.padEnd(6)} task ${column(right, 6)} of ${column(claimed, 6)} right ${percent(right, claimed).padStart(9)}   model ${column(modelsRight, 6)} of ${column(models, 6)} right ${percent(modelsRight, models).padStart(9)}`,
  );
}
/** What the goal speaks of: 0.30 or later at the default level, sixteen requests at once over two models. */
const judged = rows.filter((a, index) => {
  const [, minor] = (runs[index]?.version ?? '').split('.');
  return Number(minor) >= 30 && /c16/.test(a.run) && !/debug1$/.test(a.run);
});
const [judgedTimed, judgedRight] = [sum(judged, (a) => a.timed), sum(judged, (a) => a.right)];
const [exact, exactRight] = [sum(judged, (a) => a.byClass.exact.claimed), sum(judged, (a) => a.byClass.exact.right)];
if (!bare && judgedTimed > 0) {
  const found = `${judgedRight} of ${judgedTimed}, ${percent(judgedRight, judgedTimed)}`;
  console.log(
    goal('≥ 99.7 % of timed requests right, 16 at once on 0.30 or later', found, judgedRight >= 0.997 * judgedTimed),
  );
  const sure = `${exactRight} of ${exact}, ${percent(exactRight, exact)}`;
  console.log(goal('≥ 99.9 % right within class exact, same runs', sure, exactRight >= 0.999 * exact));
}
if (process.argv.includes('--mistakes')) for (const a of rows) for (const mistake of a.mistakes) console.log(mistake);
