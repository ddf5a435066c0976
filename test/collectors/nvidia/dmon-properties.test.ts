import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDmonParser } from '../../../collectors/nvidia/dmon.ts';
import { ofKind, readAll, sourceOf } from './feed.ts';

const fieldsOf = (text: string) =>
  ofKind(readAll(createDmonParser(sourceOf('dmon')), text), 'gpu.sample').map((sample) => sample.fields);

const COLUMNS = ['pwr', 'gtemp', 'mtemp', 'sm', 'mem', 'mclk', 'fb', 'rxpci', 'oddone'];
const table = fc
  .record({
    names: fc.shuffledSubarray(COLUMNS, { minLength: 1 }),
    values: fc.array(fc.dictionary(fc.constantFrom(...COLUMNS), fc.option(fc.nat(99_999))), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  .map(({ names, values }) => ({
    names,
    rows: values.map((row) => new Map(COLUMNS.map((name) => [name, row[name] ?? undefined]))),
  }));
const render = (
  names: readonly string[],
  rows: readonly ReadonlyMap<string, number | undefined>[],
  repeat = 0,
): string => {
  const header = `# gpu ${names.join('  ')}\n# Idx ${names.map(() => 'u').join('  ')}\n`;
  const body = rows.map((row, index) => {
    const cells = names.map((name) => row.get(name) ?? '-');
    return `${repeat > 0 && index % repeat === 0 ? header : ''}    0 ${cells.join('   ')} \n`;
  });
  return header + body.join('');
};
const sorted = (fields: ReturnType<typeof fieldsOf>) =>
  fields.map((row) => ({ ...row, absent: [...row.absent].sort() }));

test('the order of columns changes nothing', () => {
  fc.assert(
    fc.property(table, fc.infiniteStream(fc.nat()), ({ names, rows }, keys) => {
      const permuted = names.map((name) => ({ name, key: keys.next().value ?? 0 })).sort((a, b) => a.key - b.key);
      const other = render(
        permuted.map((entry) => entry.name),
        rows,
      );
      expect(sorted(fieldsOf(other))).toEqual(sorted(fieldsOf(render(names, rows))));
    }),
  );
});
test('repeating the header changes nothing', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 4 }), ({ names, rows }, repeat) => {
      expect(fieldsOf(render(names, rows, repeat))).toEqual(fieldsOf(render(names, rows)));
    }),
  );
});
test('a column is a number or absent, never both, never neither', () => {
  fc.assert(
    fc.property(table, ({ names, rows }) => {
      for (const fields of fieldsOf(render(names, rows))) {
        expect([...Object.keys(fields.columns), ...fields.absent].sort()).toEqual([...names].sort());
      }
    }),
  );
});
