// Makes a tiny model of random weights as a GGUF file (llama architecture), so that no model is ever downloaded.
// Surprising: column 0 of every embedding is the constant 4, so that column 0 of `output.weight` acts as a bias;
// that alone makes answers readable words and lets one number decide how soon an answer ends.

import { seededRandom } from './random.ts';
import type { TinyModel } from './tiny-models.ts';

const WORDS =
  'the a of and to in is that it was for on are with as at be this have from or one had by word but not what all were we'.split(
    ' ',
  );
const ENCODED_SPACE = '▁';
const BIAS_INPUT = 4;
const WORD_BIAS = 2;
const OTHER_BIAS = -4;
const ALIGNMENT_BYTES = 32;

// GGUF value types, and the tokenizer's token types, as the format numbers them.
const U32 = 4;
const I32 = 5;
const F32 = 6;
const STRING = 8;
const ARRAY = 9;
const TOKEN_NORMAL = 1;
const TOKEN_UNKNOWN = 2;
const TOKEN_CONTROL = 3;
const TOKEN_BYTE = 6;
const END_TOKEN_ID = 2;

type Token = { readonly text: string; readonly type: number };

const vocabulary = (): Token[] => [
  { text: '<unk>', type: TOKEN_UNKNOWN },
  { text: '<s>', type: TOKEN_CONTROL },
  { text: '</s>', type: TOKEN_CONTROL },
  ...Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    type: TOKEN_BYTE,
  })),
  { text: ENCODED_SPACE, type: TOKEN_NORMAL },
  ...Array.from({ length: 94 }, (_, i) => ({ text: String.fromCharCode(33 + i), type: TOKEN_NORMAL })),
  ...WORDS.map((word) => ({ text: ENCODED_SPACE + word, type: TOKEN_NORMAL })),
];

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

const entry = (key: string, type: number, value: Buffer): Buffer => Buffer.concat([text(key), u32(type), value]);
const list = (key: string, itemType: number, items: readonly Buffer[]): Buffer =>
  entry(key, ARRAY, Buffer.concat([u32(itemType), u64(items.length), ...items]));

const metadata = (model: TinyModel, tokens: readonly Token[]): Buffer[] => {
  const number = (key: string, value: number): Buffer => entry(key, U32, u32(value));
  return [
    entry('general.architecture', STRING, text('llama')),
    entry('general.name', STRING, text(model.name)),
    number('general.file_type', 0),
    number('llama.context_length', 2048),
    number('llama.embedding_length', model.width),
    number('llama.block_count', model.layers),
    number('llama.feed_forward_length', model.feedForwardWidth),
    number('llama.attention.head_count', model.heads),
    number('llama.attention.head_count_kv', model.heads),
    number('llama.rope.dimension_count', model.width / model.heads),
    number('llama.vocab_size', tokens.length),
    entry('llama.attention.layer_norm_rms_epsilon', F32, f32(1e-5)),
    entry('llama.rope.freq_base', F32, f32(10_000)),
    ...(model.embedding ? [number('llama.pooling_type', 1)] : []),
    entry('tokenizer.ggml.model', STRING, text('llama')),
    list(
      'tokenizer.ggml.tokens',
      STRING,
      tokens.map((token) => text(token.text)),
    ),
    list(
      'tokenizer.ggml.scores',
      F32,
      tokens.map((_, id) => f32(-id)),
    ),
    list(
      'tokenizer.ggml.token_type',
      I32,
      tokens.map((token) => u32(token.type)),
    ),
    number('tokenizer.ggml.bos_token_id', 1),
    number('tokenizer.ggml.eos_token_id', END_TOKEN_ID),
    number('tokenizer.ggml.unknown_token_id', 0),
    entry('tokenizer.chat_template', STRING, text('{% for m in messages %}{{ m.content }} {% endfor %}')),
  ];
};

/** `dims[0]` is the row length (the fastest axis); `cell(row, column)` gives each weight. */
type Tensor = {
  readonly name: string;
  readonly dims: readonly number[];
  readonly cell: (row: number, column: number) => number;
};

const tensors = (model: TinyModel, tokens: readonly Token[]): Tensor[] => {
  const random = seededRandom(model.seed);
  const noise = (scale: number) => (): number => (random() * 2 - 1) * scale;
  const { width, feedForwardWidth } = model;
  // Small, so that no block moves the constant of column 0.
  const weight = noise(0.4 / Math.sqrt(width));
  const one = (): number => 1;
  const biasOf = (id: number): number => {
    if (id === END_TOKEN_ID) return model.endBias;
    return id >= tokens.length - WORDS.length ? WORD_BIAS : OTHER_BIAS;
  };
  const embeddingNoise = noise(1);
  const outputNoise = noise(0.12);
  const blocks = Array.from({ length: model.layers }, (_, n): Tensor[] => [
    { name: `blk.${n}.attn_norm.weight`, dims: [width], cell: one },
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((part) => ({
      name: `blk.${n}.${part}.weight`,
      dims: [width, width],
      cell: weight,
    })),
    { name: `blk.${n}.ffn_norm.weight`, dims: [width], cell: one },
    { name: `blk.${n}.ffn_gate.weight`, dims: [width, feedForwardWidth], cell: weight },
    { name: `blk.${n}.ffn_up.weight`, dims: [width, feedForwardWidth], cell: weight },
    { name: `blk.${n}.ffn_down.weight`, dims: [feedForwardWidth, width], cell: weight },
  ]);
  return [
    {
      name: 'token_embd.weight',
      dims: [width, tokens.length],
      cell: (_, column) => (column === 0 ? BIAS_INPUT : embeddingNoise()),
    },
    ...blocks.flat(),
    { name: 'output_norm.weight', dims: [width], cell: one },
    {
      name: 'output.weight',
      dims: [width, tokens.length],
      cell: (row, column) => (column === 0 ? biasOf(row) : outputNoise()),
    },
  ];
};

const padded = (bytes: Buffer): Buffer => {
  const missing = (ALIGNMENT_BYTES - (bytes.length % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
};

const tensorBytes = (tensor: Tensor): Buffer => {
  const [columns = 0, rows = 1] = tensor.dims;
  const cells = Float32Array.from({ length: columns * rows }, (_, i) =>
    tensor.cell(Math.floor(i / columns), i % columns),
  );
  return padded(Buffer.from(cells.buffer));
};

/** The whole GGUF v3 file: little endian, all weights F32. The same model always gives the same bytes. */
export const tinyGguf = (model: TinyModel): Buffer => {
  const tokens = vocabulary();
  const entries = metadata(model, tokens);
  const all = tensors(model, tokens);
  const data = all.map(tensorBytes);
  let offset = 0;
  const infos = all.map((tensor, i) => {
    const info = Buffer.concat([
      text(tensor.name),
      u32(tensor.dims.length),
      ...tensor.dims.map(u64),
      u32(0),
      u64(offset),
    ]);
    offset += data[i]?.length ?? 0;
    return info;
  });
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(all.length), u64(entries.length), ...entries, ...infos]);
  return Buffer.concat([padded(head), ...data]);
};
