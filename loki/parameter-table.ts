// The parameters of stored questions as a table of a page.
import type { ParameterRow, ParameterTable } from './parameters.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const forms = {
  pattern: 'text, `*` stands for anything',
  text: 'text',
  id: 'hexadecimal digits',
  number: 'number',
  duration: 'duration: `90s`, `5m`, `1h`, `7d`',
} as const;

const standard = ({ default: value }: ParameterRow): string => {
  if (value === undefined) return 'must be given';
  return value === '.*' || value === '.+' ? 'anything' : `\`${value}\``;
};

export const renderParameters = (table: ParameterTable): string =>
  [
    '| Parameter | What | Form | Default | Example |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(table).map(
      ([name, row]) =>
        `| \`${name}\` | ${cell(row.what)} | ${forms[row.form]} | ${standard(row)} | \`${cell(row.example)}\` |`,
    ),
  ].join('\n');
