// What Loki answers, read and shown: no server needed.
import { expect, it } from 'vitest';
import { lokiAnswer, numbersText, recordsText } from '../../loki/answer.ts';

const streams = {
  data: {
    resultType: 'streams',
    result: [
      {
        stream: { service_name: 'ollama' },
        values: [
          ['1795192475000000001', 'second\nline', { structuredMetadata: { severity_text: 'WARN', hw_id: 'GPU-1' } }],
          ['1795192474000000000', 'first', { structuredMetadata: { detected_level: 'info' }, parsed: { a: '1' } }],
        ],
      },
      { stream: { service_name: 'other' }, values: [['1795192476000000000', 'third']] },
    ],
  },
};

it('shows records in the order of their times, under the labels of their stream', () => {
  const answer = lokiAnswer(streams);
  if (answer?.kind !== 'records') throw new Error('expected records');
  expect(recordsText(answer.records)).toBe(
    [
      '{service_name="ollama"}',
      '2026-11-20T16:34:34.000000000Z       first',
      '    a="1"',
      '2026-11-20T16:34:35.000000001Z WARN  second',
      '    line',
      '    hw_id="GPU-1"',
      '{service_name="other"}',
      '2026-11-20T16:34:36.000000000Z       third',
      '',
    ].join('\n'),
  );
});

it('no line and no field drives a terminal', () => {
  const nasty = '\u001b[2J\u202e';
  const answer = lokiAnswer({
    data: {
      resultType: 'streams',
      result: [{ stream: { a: nasty }, values: [['1', nasty, { parsed: { b: nasty } }]] }],
    },
  });
  if (answer?.kind !== 'records') throw new Error('expected records');
  expect(recordsText(answer.records)).not.toMatch(/[\u001b\u202e]/);
});

it('shows numbers as a table: the greatest first, or by time where there are steps', () => {
  const vector = lokiAnswer({
    data: {
      resultType: 'vector',
      result: [
        { metric: { model: 'a' }, value: [1_795_192_475, '1'] },
        { metric: { model: 'long:name', why: 'x' }, value: [1_795_192_475, '12.3456789'] },
      ],
    },
  });
  if (vector?.kind !== 'numbers') throw new Error('expected numbers');
  expect(numbersText(vector.numbers, vector.isSeries)).toBe(
    'model      why    value\nlong:name  x    12.3457\na          -          1\n',
  );
  const matrix = lokiAnswer({
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [1_795_192_475, '2'],
            [1_795_192_415, '1'],
          ],
        },
      ],
    },
  });
  if (matrix?.kind !== 'numbers') throw new Error('expected numbers');
  expect(numbersText(matrix.numbers, matrix.isSeries)).toBe(
    'time                  value\n2026-11-20T16:33:35Z      1\n2026-11-20T16:34:35Z      2\n',
  );
});

it.each([undefined, null, {}, { data: 1 }, { data: { resultType: 'scalar' } }])('%j is no answer', (json) => {
  expect(lokiAnswer(json)).toBeUndefined();
});
