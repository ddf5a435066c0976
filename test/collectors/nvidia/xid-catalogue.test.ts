import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { errorTypeOfXid, XID_ENTRIES, xidEntry } from '../../../collectors/nvidia/xid-catalogue.ts';
import { parseXidOverrides } from '../../../collectors/nvidia/xid-overrides.ts';

describe('catalogue', () => {
  test('codes are unique, ascending, and every row says something', () => {
    const codes = XID_ENTRIES.map((entry) => entry.code);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
    expect(codes).toHaveLength(93);
    for (const entry of XID_ENTRIES) expect(`${entry.code} ${entry.meaning}`).toMatch(/^\d+ \S.{15,}/);
  });
  test.each([
    [79, 'FATAL', 'system', 'RESTART_BM'],
    [119, 'ERROR', 'device', 'RESET_GPU'],
    [48, 'ERROR', 'device', 'WORKFLOW_XID_48'],
    [145, 'ERROR', 'device', 'WORKFLOW_NVLINK5_ERR'],
    [31, 'WARN', 'application', 'RESTART_APP'],
    [13, 'WARN', 'application', 'RESTART_APP'],
    [43, 'INFO', 'application', 'IGNORE'],
    [63, 'INFO', 'device', 'IGNORE'],
    [54, 'ERROR', 'device', 'CHECK_MECHANICALS'],
    [162, 'INFO', 'device', 'NONE'],
    [151, 'ERROR', 'system', 'RESTART_VM'],
  ])('Xid %i is %s, hits the %s', (code, severity, scope, action) => {
    expect(xidEntry(code)).toMatchObject({ code, severity, scope, action });
  });
  test('an unlisted code warns', () => {
    expect(xidEntry(4_242)).toMatchObject({ code: 4_242, severity: 'WARN', action: 'UNKNOWN', mnemonic: 'UNKNOWN' });
  });
  test('error type', () => {
    expect(errorTypeOfXid(79)).toBe('xid.79');
  });
});

describe("the user's own rows", () => {
  test('override what they name and leave the rest', () => {
    const { entries, problems } = parseXidOverrides({
      xids: { '63': { severity: 'ERROR', action: 'RESET_GPU' }, '4242': { meaning: 'ours', scope: 'system' } },
    });
    expect(problems).toEqual([]);
    expect(xidEntry(63, entries)).toEqual({ ...xidEntry(63), severity: 'ERROR', action: 'RESET_GPU' });
    expect(xidEntry(4_242, entries)).toMatchObject({ meaning: 'ours', scope: 'system', severity: 'WARN' });
    expect(xidEntry(64, entries)).toEqual(xidEntry(64));
  });
  test('an empty document is fine', () => {
    expect(parseXidOverrides(null)).toEqual({ entries: new Map(), problems: [] });
    expect(parseXidOverrides({ xids: {} }).problems).toEqual([]);
  });
  test('all problems are told at once, sound rows are kept', () => {
    const { entries, problems } = parseXidOverrides({
      xids: {
        '63': { severity: 'LOUD', scope: 'galaxy', colour: 'red' },
        many: {},
        '64': 'bad',
        '65': { meaning: '' },
        '66': { scope: 'device' },
        '67': { severity: 'toString' },
      },
    });
    expect([...entries.keys()]).toEqual([66]);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'xids.63.colour',
      'xids.63.severity',
      'xids.63.scope',
      'xids.64',
      'xids.65.meaning',
      'xids.67.severity',
      'xids.many',
    ]);
    for (const problem of problems) expect(problem).toMatch(/: expected .+; \w+/);
  });
  test.each([[[]], ['text'], [{ xid: {} }], [{ xids: [] }]])('no mapping: %j', (value) => {
    expect(parseXidOverrides(value).problems).toHaveLength(1);
  });
  test('the shipped file is the built-in catalogue', () => {
    const path = join(import.meta.dirname, '../../../collectors/nvidia/xid-catalogue.yaml');
    const { entries, problems } = parseXidOverrides(parse(readFileSync(path, 'utf8')));
    expect(problems).toEqual([]);
    const shipped = [...entries].map(([code, row]) => ({ code, ...row }));
    expect(shipped, 'collectors/nvidia/xid-catalogue.yaml differs from xid-table.ts: bring its rows in line').toEqual(
      XID_ENTRIES,
    );
  });
});
