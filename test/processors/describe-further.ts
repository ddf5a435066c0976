// Facts beside the samples that make every row of the catalogue be told at least once; and all of them together.
import type { Fact } from '../../processors/fact.ts';
import { at, request } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

/** What a well-equipped board prints beside the above, and requests that went wrong: with these every row is told. */
const furtherFacts: readonly Fact[] = [
  {
    type: 'gpu.sampled',
    at: at(3),
    gpu: { uuid: 'GPU-99999999-8888-7777-6666-555555555555', index: 1 },
    columns: {
      mtemp: 58,
      enc: 1,
      dec: 2,
      jpg: 3,
      ofa: 4,
      bar1: 12,
      ccpm: 5,
      pviol: 6,
      tviol: 0,
      sbecc: 2,
      dbecc: 0,
      txpci: 40,
    },
  },
  {
    type: 'gpu.described',
    at: at(3),
    gpu: { uuid: 'GPU-99999999-8888-7777-6666-555555555555', index: 1 },
    cells: {
      'memory.reserved': 300,
      'clocks.max.sm': 1_980,
      'clocks.max.memory': 2_619,
      'pcie.link.gen.current': 5,
      'pcie.link.width.current': 16,
      'remapped_rows.correctable': 1,
      'remapped_rows.uncorrectable': 0,
      'remapped_rows.failure': 'No',
      'ecc.errors.corrected.volatile.total': 2,
      'ecc.errors.uncorrected.volatile.total': 0,
    },
  },
  {
    type: 'request.finished',
    at: at(4),
    request: request({
      ref: { traceId: 'aaaabbbbccccddddeeeeffff00001111', spanId: 'aaaabbbbccccdddd' },
      outcome: 'error',
      status: 500,
      errorType: 'runner.gone',
      truncatedPrompt: { promptTokens: 5_000, keptTokens: 2_048 },
    }),
  },
  {
    type: 'request.finished',
    at: at(4),
    request: request({
      outcome: 'unload',
      status: 404,
      errorType: '404',
      phases: [],
      tokens: {},
      ref: { traceId: 'aaaabbbbccccddddeeeeffff00002222', spanId: 'aaaabbbbccccdddd' },
    }),
  },
];

export const allFacts: readonly Fact[] = [...Object.values(sampleFacts).flat(), ...furtherFacts];
