// Every kind of source there is: one row each. Who opens sources names a kind and its spec, and knows no more.
import { type ApiSource, type ApiSpec, createApiSource } from './api.ts';
import { createFileSource, type FileSpec } from './file.ts';
import { createJournalSource, type JournalSpec } from './journal.ts';
import { createKernelSource, type KernelSpec } from './kernel.ts';
import { createSmiSource, type SmiSpec } from './nvidia-smi.ts';
import type { Source, SourceContext } from './source.ts';
import { createStreamSource, type StreamSpec } from './stdin.ts';

type Specs = {
  readonly file: FileSpec;
  readonly stdin: StreamSpec;
  readonly journal: JournalSpec;
  readonly kernel: KernelSpec;
  readonly 'nvidia-smi': SmiSpec;
  readonly api: ApiSpec;
};
export type SourceKind = keyof Specs;

export const sourceKinds: {
  readonly [K in SourceKind]: (spec: Specs[K], context: SourceContext) => K extends 'api' ? ApiSource : Source;
} = {
  file: createFileSource,
  stdin: createStreamSource,
  journal: createJournalSource,
  kernel: createKernelSource,
  'nvidia-smi': createSmiSource,
  api: createApiSource,
};
