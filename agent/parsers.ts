// Which grammar reads a source: the one place that knows all dialects.
import { createApiParser } from '../collectors/api/parse.ts';
import type { SourceInfo } from '../collectors/line.ts';
import { createDmonParser } from '../collectors/nvidia/dmon.ts';
import { createKernelParser } from '../collectors/nvidia/kernel.ts';
import { createPmonParser } from '../collectors/nvidia/pmon.ts';
import { createQueryAppsParser, createQueryGpuParser } from '../collectors/nvidia/query.ts';
import { createOllamaParser } from '../collectors/ollama/parser.ts';
import type { Parser } from '../collectors/reading.ts';

export const parserOf = (source: SourceInfo): Parser => {
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
      return createKernelParser(source);
    case 'api':
      return createApiParser(source);
  }
};
