// Which records go on as lines of their own. Every record of an Ollama source does, whatever it is; of the other sources only
// what is no sample, and what their grammar did not understand.
import type { RecordReading } from '../../collectors/reading.ts';

/** Rows of dmon, pmon and the CSV queries and the API's answers are samples: metrics tell them, a log record each would be noise. */
const isSampleRow = (reading: RecordReading): boolean =>
  (reading.type === 'api' && reading.kind !== 'api.unreachable') ||
  (reading.type === 'nvidia' && /^gpu\.(sample|process|query|app)$/.test(reading.kind));

export const isOwnLine = (reading: RecordReading): boolean =>
  reading.line.source.dialect === 'ollama' ||
  (reading.type === 'line' ? reading.class === 'unmatched' || reading.class === 'malformed' : !isSampleRow(reading));
