// Values read by hand from real captures, so that "matched" also means "read right". Skipped where the corpus is absent.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nvidiaDialectOf } from '../../../collectors/nvidia/detect.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../../support/corpus.ts';
import { at, first, linesOf, ofKind, parserOf, readAll, sourceOf } from './feed.ts';

const names = corpusFiles('nvidia');
/** Readings of the capture with this number. */
const capture = (number: string): RecordReading[] => {
  const path = names.find((name) => name.includes(`/${number}-`)) ?? '';
  const text = readFileSync(join(CORPUS, path), 'utf8');
  const dialect = nvidiaDialectOf(linesOf(text).map((line) => line.text)) ?? 'dmon';
  return readAll(parserOf(dialect), text, { source: sourceOf(dialect), arrival: at('2026-03-04T10:00:00Z') });
};
const samples = (number: string) => ofKind(capture(number), 'gpu.sample');
const column = (number: string, name: string) => samples(number).map((sample) => sample.fields.columns[name]);
const xids = (number: string) => ofKind(capture(number), 'xid');

describe.skipIf(!corpusIsHere)('dmon captures', () => {
  test('load of an H100: power, memory temperature, busy', () => {
    expect(column('011', 'pwr')).toEqual([631, 634, 633, 634, 636]);
    expect(column('011', 'mtemp')).toEqual([57, 58, 58, 59, 59]);
    expect(new Set(column('011', 'sm'))).toEqual(new Set([100]));
  });
  test('MIG and WSL2: utilisation is absent, clocks are not', () => {
    expect(first(samples('013')).fields.absent).toEqual(['sm', 'mem', 'enc', 'dec', 'jpg', 'ofa']);
    expect(first(samples('013')).fields.columns).toMatchObject({ pwr: 438, pclk: 1_980 });
    expect(first(samples('065')).fields.absent).toEqual(['mtemp', 'sm', 'mem']);
    expect(column('065', 'pclk')).toEqual([1_845, 1_844]);
  });
  test('525: misaligned rows keep their columns', () => {
    expect(first(samples('002')).fields.columns).toMatchObject({
      pwr: 29,
      gtemp: 49,
      mclk: 4_006,
      pclk: 974,
      fb: 387,
      bar1: 16,
    });
  });
  test('2016 to 2018: the single temperature, no power sensor', () => {
    expect(column('067', 'gtemp')).toEqual([83, 84, 80, 70]);
    expect(first(samples('051')).fields).toMatchObject({ index: 0, absent: ['pwr', 'sbecc', 'dbecc'] });
    expect(first(samples('057')).fields).toMatchObject({
      index: 1,
      columns: { gtemp: 43, enc: 40, rxpci: 577, txpci: 95 },
    });
  });
  test('order by -s letters, stamps by -o', () => {
    const row = first(samples('054'));
    expect(row.fields.columns).toMatchObject({
      fb: 239,
      bar1: 3,
      ccpm: 0,
      sm: 6,
      rxpci: 5,
      txpci: 10,
      mclk: 6_250,
      pclk: 1_695,
    });
    expect([isoInstant(row.at, 0), row.timing]).toEqual(['2024-01-04T13:54:35Z', 'logged']);
    expect(samples('053').map((sample) => isoInstant(sample.at, 0).slice(11, 19))).toEqual([
      '19:12:31',
      '19:12:33',
      '19:12:35',
    ]);
    expect(first(samples('069')).fields.columns).toMatchObject({ rxpci: 248, txpci: 34, sbecc: 0, pci: 0 });
    expect(isoInstant(first(samples('069')).at, 0)).toBe('2026-03-04T04:12:44Z');
  });
  test('the newest 21 columns, GPM columns, five digits', () => {
    const { columns, absent } = first(samples('056')).fields;
    expect(Object.keys(columns).length + absent.length).toBe(21);
    expect(absent).toEqual(['mtemp', 'sbecc', 'dbecc']);
    expect(samples('059').map((sample) => sample.fields.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(first(samples('059')).fields.absent).toHaveLength(13);
    expect(samples('059')[1]?.fields.columns).toMatchObject({ gract: 0, nvltx: 0 });
    expect(new Set(column('060', 'mclk'))).toEqual(new Set([12_481]));
  });
  test('a lost GPU: three cycles of four, then a row cut after three cells', () => {
    for (const number of ['049', '050']) {
      expect(samples(number).map((sample) => sample.fields.cycle)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
      const truncated = ofKind(capture(number), 'gpu.sample_truncated');
      expect(truncated.map((reading) => reading.fields)).toEqual([{ index: 0, columnsRead: 3, columnsExpected: 14 }]);
    }
    expect(samples('049')[6]?.fields).toMatchObject({ index: 2, columns: { pwr: 128, sm: 98 } });
  });
});

describe.skipIf(!corpusIsHere)('pmon and query captures', () => {
  test('Windows: names with blanks, a header in the middle', () => {
    const rows = ofKind(capture('030'), 'gpu.process').map((row) => row.fields);
    expect(rows).toHaveLength(60);
    expect(rows[1]).toEqual({ index: 0, pid: 4_680, type: 'C+G', command: 'NVIDIA Share.exe', columns: {} });
    expect(rows[11]?.columns).toEqual({ sm: 3, mem: 1, enc: 49 });
    expect(rows[44]?.command).toBe('NZXT CAM.exe');
  });
  test('one pid on three GPUs', () => {
    const rows = ofKind(capture('070'), 'gpu.process').map((row) => row.fields);
    expect(rows.filter((row) => row.pid === 1_174_916).map((row) => [row.index, row.columns['sm']])).toEqual([
      [0, 88],
      [1, 92],
      [2, 89],
    ]);
  });
  test('all fields of an H100', () => {
    const [row] = ofKind(capture('035'), 'gpu.query');
    expect(Object.keys(row?.fields.cells ?? {})).toHaveLength(212);
    expect(row?.fields).toMatchObject({ index: 0, bus: '0000:00:09' });
    expect(row?.fields.cells).toMatchObject({
      driver_version: { value: '590.48.01' },
      'memory.total': { value: 81_559 },
      'memory.reserved': { value: 479 },
      'power.draw': { value: 631.95 },
      'temperature.memory': { value: 54 },
      'fan.speed': { absent: '[N/A]' },
      'platform.chassis_serial_number': { absent: '' },
      'fabric.health.summary': { absent: 'N/A' },
      display_mode: { absent: '[Requested functionality has been deprecated]' },
      'clocks_event_reasons.active': { value: '0x0000000000000000' },
      edpp_multiplier: { value: 100 },
    });
    expect(isoInstant(first(ofKind(capture('035'), 'gpu.query')).at)).toBe('2026-07-14T08:12:53.353Z');
  });
  test('absent is kept apart from numbers', () => {
    const l40s = first(ofKind(capture('037'), 'gpu.query')).fields.cells;
    expect(l40s['temperature.memory']).toEqual({ absent: 'N/A' });
    expect(l40s['clocks_event_reasons_counters.sw_power_cap']).toEqual({ value: 204_642_816 });
    const geforce = first(ofKind(capture('074'), 'gpu.query')).fields.cells;
    expect(geforce['power.default_limit']).toEqual({ absent: '[Unknown Error]' });
    expect(geforce['power.draw']).toEqual({ value: 228.82 });
  });
  test('loops and several GPUs', () => {
    expect(
      ofKind(capture('073'), 'gpu.query')
        .map((row) => row.fields.cells['power.draw'])
        .slice(0, 2),
    ).toEqual([{ value: 83.92 }, { value: 78.22 }]);
    expect(ofKind(capture('055'), 'gpu.query').map((row) => isoInstant(row.at).slice(17, 23))).toEqual([
      '16.977',
      '16.981',
      '16.986',
      '16.990',
      '17.095',
    ]);
  });
  test('processes: memory in bytes, no path', () => {
    const apps = ofKind(capture('039'), 'gpu.app').map((row) => row.fields);
    expect(apps.map((app) => [app.pid, app.command, app.usedBytes])).toEqual([
      [11_327, 'memhog', 2_566 * 1_048_576],
      [11_328, 'memhog', 1_542 * 1_048_576],
      [11_345, 'gpu_burn', 15_690 * 1_048_576],
    ]);
  });
  test('failure texts', () => {
    const failures = ofKind(capture('090'), 'smi.failed').map((reading) => reading.fields);
    expect(failures.map((fields) => fields.errorType).slice(0, 2)).toEqual(['lost', 'unknown_error']);
    expect(failures.map((fields) => fields.bus).filter((bus) => bus !== undefined)).toEqual([
      '0000:02:00',
      '0000:0b:00',
      '0000:09:00',
      '0000:17:00',
      '0000:07:00',
      '0000:cb:00',
    ]);
    expect(failures.some((fields) => fields.errorType === 'other')).toBe(false);
  });
});

describe.skipIf(!corpusIsHere)('kernel captures', () => {
  test.each([
    ['041', [119, 119, 119, 119, 119]],
    ['078', [31, 62, 45, 45, 45, 45, 45, 45, 45, 45]],
    ['079', [31, 31]],
    ['080', [45, 45, 45, 45, 45, 45, 45]],
    ['081', [13, 13, 13, 109]],
    ['082', [32, 32, 31]],
    ['083', [13]],
    ['084', [16]],
    ['085', [48, 171, 48, 63, 154]],
    ['087', [63]],
    ['088', [74]],
    ['093', [119, 119, 119, 119, 119]],
  ])('%s holds Xids %j', (number, codes) => {
    expect(xids(number).map((xid) => xid.fields.code)).toEqual(codes);
  });
  test('GSP time-outs name observers', () => {
    expect(xids('041').map((xid) => xid.fields.process)).toEqual([
      'nvidia-smi',
      'nvidia-smi',
      'nvidia-smi',
      'cache_mgr_main',
      'gpud',
    ]);
    expect(xids('041').map((xid) => xid.fields.detail['functionName'])).toEqual([
      'GSP_RM_ALLOC',
      'FREE',
      'FREE',
      'GSP_RM_CONTROL',
      'GSP_RM_CONTROL',
    ]);
    expect(
      xids('093').every(
        (xid) => xid.fields.detail['timeoutSeconds'] === '45' && xid.fields.detail['role'] === 'observer',
      ),
    ).toBe(true);
    expect(isoInstant(first(xids('041')).at, 0)).toBe('2025-02-23T16:24:18Z');
    expect(ofKind(capture('041'), 'kernel.gpu_identity')).toHaveLength(1);
  });
  test('causes, channels, unknown processes', () => {
    expect(xids('080').map((xid) => xid.fields.causedBy)).toEqual([149, 145, 145, 145, 149, 145, 145]);
    const [fault, halt] = xids('078');
    expect(fault?.fields).toMatchObject({
      bus: '0000:0a:00',
      pid: 13_332,
      detail: { engine: 'CE2', client: 'HUBCLIENT_CE0', faultType: 'FAULT_PRIV_VIOLATION' },
    });
    expect(halt?.fields).toEqual({ bus: '0000:0a:00', code: 62, detail: {} });
    expect(xids('078').at(-1)?.fields.detail['channel']).toBe('0000000f');
    const [start, end] = [first(xids('078')), xids('078').at(-1)];
    expect(Number((end?.at ?? 0n) - start.at) / 1e9).toBeCloseTo(69.124_17, 5);
  });
  test('one incident in the kernel second, with its recovery state', () => {
    const readings = xids('085');
    expect(new Set(readings.map((xid) => isoInstant(xid.at, 0)))).toEqual(new Set(['2025-08-10T15:36:05Z']));
    expect(readings[0]?.fields.detail).toEqual({ location: 'framebuffer', partition: '3', subpartition: '0' });
    expect(readings[4]?.fields.detail).toMatchObject({ from: 'None', to: 'Drain and Reset' });
    expect(readings[4]?.severity).toBe('ERROR');
  });
  test('a probe-time loss without Xid, and a driver load', () => {
    expect(ofKind(capture('077'), 'kernel.gpu_lost').map((reading) => reading.fields)).toEqual([
      { bus: '0000:b3:00', duringProbe: true },
    ]);
    expect(first(ofKind(capture('077'), 'kernel.driver_loaded')).fields.version).toBe('570.158.01');
  });
  test('old forms and links', () => {
    expect(first(xids('083')).fields.bus).toBe('0000:03:00');
    expect(first(xids('087')).fields).toMatchObject({ bus: '0000:10:1c', pid: 1_850 });
    expect(first(xids('088')).fields).toMatchObject({ bus: '0003:00:00', detail: { severity: 'fatal', link: '14' } });
    expect(xids('081')[0]?.fields.detail).toMatchObject({
      gpc: '7',
      tpc: '7',
      sm: '0',
      cause: 'Illegal Instruction Parameter',
    });
  });
});
