// One door to the NVIDIA grammar: the parser of a dialect.
import type { Dialect, SourceInfo } from '../line.ts';
import type { Parser } from '../reading.ts';
import { createDmonParser } from './dmon.ts';
import { createKernelParser, type KernelOptions } from './kernel.ts';
import { createPmonParser } from './pmon.ts';
import { createQueryAppsParser, createQueryGpuParser } from './query.ts';

export type NvidiaParserOptions = KernelOptions & {
  /** Field or column names of a stream made without a header, in printed order. */
  readonly fields?: readonly string[];
};

/** The parser for one of the five NVIDIA dialects; undefined for any other. */
export const createNvidiaParser = (
  source: SourceInfo,
  dialect: Dialect = source.dialect,
  options: NvidiaParserOptions = {},
): Parser | undefined => {
  switch (dialect) {
    case 'dmon':
      return createDmonParser(source, options.fields);
    case 'pmon':
      return createPmonParser(source);
    case 'query-gpu':
      return createQueryGpuParser(source, options.fields);
    case 'query-apps':
      return createQueryAppsParser(source, options.fields);
    case 'kernel':
      return createKernelParser(source, options);
    default:
      return undefined;
  }
};
