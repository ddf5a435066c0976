import { describe, expect, test } from 'vitest';
import { createKernelParser, type KernelOptions } from '../../../collectors/nvidia/kernel.ts';
import { first, ofKind, readAll, sourceOf } from './feed.ts';

const PLACE = 'NVRM: Xid (PCI:0000:3b:00): ';
const xidOf = (rest: string, options?: KernelOptions) =>
  first(ofKind(readAll(createKernelParser(sourceOf('kernel'), options), `${PLACE}${rest}\n`), 'xid'));

describe('details', () => {
  test.each<[string, string, Record<string, string>]>([
    [
      'MMU fault',
      '31, pid=7, name=a, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_2 faulted @ 0x7f11_22334000. Fault is of type FAULT_PTE ACCESS_TYPE_VIRT_WRITE',
      {
        channel: '00000008',
        engine: 'GRAPHICS',
        client: 'GPCCLIENT_T1_2',
        faultType: 'FAULT_PTE',
        accessType: 'ACCESS_TYPE_VIRT_WRITE',
      },
    ],
    [
      'warp exception',
      '13, Graphics SM Warp Exception on (GPC 1, TPC 2, SM 0): Out Of Range Address',
      { exception: 'SM Warp Exception', gpc: '1', tpc: '2', sm: '0', cause: 'Out Of Range Address' },
    ],
    ['ESR', '13, Graphics Exception: ESR 0x514648=0x102000e 0x514650=0x4', { exception: 'ESR' }],
    [
      'double bit error',
      '48, An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at physAddr 0x12 partition 1, subpartition 2.',
      { location: 'framebuffer', partition: '1', subpartition: '2' },
    ],
    [
      'row remapper',
      '63, pid=7, name=a, Row Remapper: New row (0x0000000000abc000) marked for remapping, reset gpu to activate.',
      { mechanism: 'Row Remapper', state: 'marked for remapping', needs: 'reset gpu' },
    ],
    [
      'page retirement',
      '63, Dynamic Page Retirement: New retired page, reload the driver to activate. (0x00aa)',
      { mechanism: 'Dynamic Page Retirement', state: 'New retired page', needs: 'reload the driver' },
    ],
    [
      'NVLink',
      '74, NVLink: fatal error detected on link 3(0x0, 0x1, 0x0, 0x0, 0x0, 0x0, 0x0)',
      { severity: 'fatal', link: '3' },
    ],
    [
      'NVLink 5',
      '145, RLW_CTRL  Nonfatal XC0 i0 Link -1 (0x00000001 0x00000002)',
      { unit: 'RLW_CTRL', severity: 'Nonfatal', containment: 'XC0', injected: 'i0', link: '-1' },
    ],
    [
      'contained',
      '94, Contained: CE User Channel (0x9). RST: No, D-RST: No',
      { containment: 'Contained', unit: 'CE User Channel', reset: 'No', drainAndReset: 'No' },
    ],
    [
      'uncontained',
      '95, Uncontained: LTC TAG (0x2, 0x1). RST: Yes, D-RST: No',
      { containment: 'Uncontained', unit: 'LTC TAG', reset: 'Yes', drainAndReset: 'No' },
    ],
    [
      'context switch',
      '109, pid=7, name=a, Ch 00000008, errorString CTX SWITCH TIMEOUT, Info 0x4c000',
      { channel: '00000008', cause: 'CTX SWITCH TIMEOUT' },
    ],
    [
      'GSP',
      '119, pid=7, name=poller, Timeout after 6s of waiting for RPC response from GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20801702 0x4).',
      { timeoutSeconds: '6', gpu: 'GPU2', function: '76', functionName: 'GSP_RM_CONTROL', role: 'observer' },
    ],
    [
      'recovery',
      '154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)',
      { fromCode: '0x0', from: 'None', toCode: '0x2', to: 'Node Reboot Required' },
    ],
    [
      'DRAM',
      '171, GDDR, Uncorrectable DRAM error in FBPA 1 subpartition 0 physAddr 0x12',
      { memory: 'GDDR', error: 'Uncorrectable DRAM error', partition: '1', subpartition: '0' },
    ],
  ])('%s', (_name, rest, detail) => {
    expect(xidOf(rest).fields.detail).toEqual(detail);
  });
  test('severity follows the catalogue, and 154 its new action', () => {
    const severityOf = (rest: string): string => xidOf(rest).severity;
    expect(severityOf('79, GPU has fallen off the bus.')).toBe('FATAL');
    expect(severityOf('31, Ch 00000001')).toBe('WARN');
    expect(severityOf('63, pid=7, x')).toBe('INFO');
    expect(severityOf('999, x')).toBe('WARN');
    expect(severityOf('154, GPU recovery action changed from 0x4 (Drain and Reset) to 0x0 (None)')).toBe('INFO');
    expect(severityOf('154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)')).toBe('ERROR');
    expect(severityOf('154, GPU recovery action changed from 0x0 (None) to 0x3 (Drain P2P)')).toBe('WARN');
    const overrides = new Map([[63, { severity: 'ERROR' as const }]]);
    expect(xidOf('63, x', { overrides }).severity).toBe('ERROR');
  });
});
