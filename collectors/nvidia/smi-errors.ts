// nvidia-smi's own failure texts. They come on stdout, in the middle of any form of output, and end the process or one
// GPU's rows; the class is low-cardinality, and a text with an unknown ending is the class `other` without its body.
import type { Line } from '../line.ts';
import type { NvidiaReading } from '../reading.ts';
import { normaliseBus } from './bus.ts';
import { common, type Stamp } from './readings.ts';

export type SmiFailure = {
  readonly errorType: string;
  readonly bus?: string;
};

/** What follows the colon of an NVML text, in NVML's words (nvmlErrorString), lower case. */
const NVML_ENDINGS: readonly (readonly [start: string, errorType: string])[] = [
  ['gpu is lost', 'lost'],
  ['driver/library version mismatch', 'driver_mismatch'],
  ['driver not loaded', 'no_driver'],
  ['unknown error', 'unknown_error'],
  ['insufficient permissions', 'no_permission'],
  ['gpu access blocked by the operating system', 'blocked'],
  ['gpu requires reset', 'reset_required'],
  ['insufficient external power', 'power_cables'],
  ['not supported', 'not_supported'],
  ['not found', 'not_found'],
  ['function not found', 'not_supported'],
  ['corrupted inforom', 'inforom_corrupted'],
  ['n/a', 'not_available'],
];

/** Whole texts and starts, lower case. */
const STARTS: readonly (readonly [start: string, errorType: string])[] = [
  ["nvidia-smi has failed because it couldn't communicate with the nvidia driver", 'no_driver'],
  ["nvidia-smi couldn't find libnvidia-ml", 'no_library'],
  ['no devices were found', 'no_devices'],
  ['no devices found', 'no_devices'],
  ['not supported on the device(s)', 'not_supported'],
  ['failed to process command line', 'bad_argument'],
  ['invalid combination of input arguments', 'bad_argument'],
  ['warning: inforom is corrupted at gpu', 'inforom_corrupted'],
  ['insufficient permissions', 'no_permission'],
];

/** `Unable to determine the device handle for GPU 0000:02:00.0: …`, without the blank from about 545, with an index from 560. */
const HANDLE =
  /^unable to determine the device handle for gpu ?(?:\d{1,3}: ?)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): /i;
const NVML = /^failed to (?:initialize|properly shut ?down) nvml: /i;
const BAD_OPTION =
  /^(?:field "[^"]{1,80}" is not a valid field|option "?[^"]{1,80}"? is not recognized|option [^ ]{1,80} is not recognized)/i;
const INFOROM_BUS = /at gpu ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])/i;
/** Longer than any of nvidia-smi's texts (the longest seen has 143 characters). */
const FAILURE_TEXT_MAX = 400;

const classOfEnding = (ending: string): string =>
  NVML_ENDINGS.find(([start]) => ending.startsWith(start))?.[1] ?? 'other';

/** The class of a failure text, or undefined for anything else. */
export const smiFailureOf = (text: string): SmiFailure | undefined => {
  if (text.length > FAILURE_TEXT_MAX) return undefined;
  const lower = text.trim().toLowerCase();
  const handle = HANDLE.exec(lower);
  if (handle !== null) {
    const bus = normaliseBus(handle[1] ?? '');
    const errorType = classOfEnding(lower.slice(handle[0].length));
    return bus === undefined ? { errorType } : { errorType, bus };
  }
  const nvml = NVML.exec(lower);
  if (nvml !== null) return { errorType: classOfEnding(lower.slice(nvml[0].length)) };
  if (BAD_OPTION.test(lower)) return { errorType: 'bad_argument' };
  const errorType = STARTS.find(([start]) => lower.startsWith(start))?.[1];
  if (errorType === undefined) return undefined;
  const bus = errorType === 'inforom_corrupted' ? normaliseBus(INFOROM_BUS.exec(lower)?.[1] ?? '') : undefined;
  return bus === undefined ? { errorType } : { errorType, bus };
};

/** The reading of a failure text: a corrupted InfoROM leaves valid output before it (WARN), all others do not (ERROR). */
export const failureReading = (line: Line, stamp: Stamp, text: string): NvidiaReading | undefined => {
  const fields = smiFailureOf(text);
  if (fields === undefined) return undefined;
  const severity = fields.errorType === 'inforom_corrupted' ? 'WARN' : 'ERROR';
  const body = fields.errorType === 'other' ? undefined : text.trim();
  return { ...common(line, stamp, severity, body), type: 'nvidia', kind: 'smi.failed', fields };
};
