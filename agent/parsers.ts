// Which grammar reads a source: the one place that knows all dialects.
import { createApiParser } from '../collectors/api/parse.ts';
import type { SourceInfo } from '../collectors/line.ts';
import { createDmonParser } from '../collectors/nvidia/dmon.ts';
import { createKernelParser } from '../collectors/nvidia/kernel.ts';
import { createPmonParser } from '../collectors/nvidia/pmon.ts';
import { createQueryAppsParser, createQueryGpuParser } from '../collectors/nvidia/query.ts';
import type { XidOverrides } from '../collectors/nvidia/xid-catalogue.ts';
import { createOllamaParser } from '../collectors/ollama/parser.ts';
import type { Parser } from '../collectors/reading.ts';

/** `overrides`: the user's Xid rows, which decide the severity of kernel lines. */
export const createParserOf =
  (overrides: XidOverrides = new Map()) =>
  (source: SourceInfo): Parser => {
    switch (source.dialect) {
      case 'ollama':
        return createOllamaParser(source);
      case 'dmon':
        return createDmonParser(source);
      case 'pmon':
        return createPmonParser(source);
      case 'query-gpu':
        return createQueryGpuParser(source);
      case 'query-apps':
        return createQueryAppsParser(source);
      case 'kernel':
        return createKernelParser(source, { overrides });
      case 'api':
        return createApiParser(source);
    }
  };

export type ParserOf = (source: SourceInfo) => Parser;

/** With the catalogue as shipped. */
export const parserOf: ParserOf = createParserOf();
