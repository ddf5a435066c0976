import { expect, test } from 'vitest';
import {
  fieldsOfHelp,
  fieldsToAsk,
  QUERY_APPS_FIELDS,
  QUERY_GPU_FIELDS,
} from '../../../collectors/sources/query-fields.ts';

test('the first name of every field of a help text is known', () => {
  const help =
    'List of valid properties:\n\n"timestamp"\nThe timestamp of when the query was made.\n\n"clocks.current.sm" or "clocks.sm"\nCurrent.\n';
  expect([...fieldsOfHelp(help)]).toEqual(['timestamp', 'clocks.current.sm']);
});

test('only what a driver knows is asked for', () => {
  expect(fieldsToAsk(QUERY_GPU_FIELDS, new Set(['uuid', 'index', 'serial', 'clocks_throttle_reasons.active']))).toEqual(
    ['index', 'uuid', 'clocks_throttle_reasons.active'],
  );
});

test('no field is asked for twice under two names', () => {
  expect(fieldsToAsk(QUERY_APPS_FIELDS, new Set())).not.toContain('used_memory');
  expect(fieldsToAsk(QUERY_GPU_FIELDS, new Set(QUERY_GPU_FIELDS))).not.toContain('clocks_throttle_reasons.active');
  expect(new Set(QUERY_GPU_FIELDS).size).toBe(QUERY_GPU_FIELDS.length);
});

test('the serial number is never asked for', () => {
  expect(QUERY_GPU_FIELDS).not.toContain('serial');
});
