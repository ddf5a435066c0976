// Reads protobuf by a table of fields: just enough to see what an OTLP exporter put on the wire. Unknown fields are an error,
// so that a new field of the exporters is noticed instead of overlooked.
export type Kind =
  | 'string'
  | 'bytes'
  | 'varint'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'fixed32'
  | 'bool'
  | 'fixed64s'
  | 'doubles';
export type Field = { readonly name: string; readonly kind: Kind | Message; readonly repeated?: true };
export type Message = { readonly [number: number]: Field | (() => Field) };
export type Decoded = { [name: string]: unknown };

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const readVarint = (view: DataView, from: number): readonly [bigint, number] => {
  let value = 0n;
  for (let at = from, shift = 0n; ; at += 1, shift += 7n) {
    const byte = view.getUint8(at);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
};

const packed = (view: DataView, kind: 'fixed64s' | 'doubles'): unknown[] => {
  const values: unknown[] = [];
  for (let at = 0; at < view.byteLength; at += 8) {
    values.push(kind === 'doubles' ? view.getFloat64(at, true) : Number(view.getBigUint64(at, true)));
  }
  return values;
};

const readBytes = (view: DataView, kind: Kind | Message): unknown => {
  if (typeof kind !== 'string') return decodeMessage(view, kind);
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  if (kind === 'string') return bytes.toString('utf8');
  if (kind === 'bytes') return bytes.toString('hex');
  if (kind === 'fixed64s' || kind === 'doubles') return packed(view, kind);
  throw new Error(`expected a length-delimited kind, found ${kind}`);
};

const readFixed = (view: DataView, at: number, kind: Kind | Message): unknown => {
  if (kind === 'double') return view.getFloat64(at, true);
  if (kind === 'sfixed64') return Number(view.getBigInt64(at, true));
  return view.getBigUint64(at, true);
};

export const decodeMessage = (view: DataView, message: Message): Decoded => {
  const decoded: Decoded = {};
  for (let at = 0; at < view.byteLength; ) {
    const [tag, afterTag] = readVarint(view, at);
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    const entry = message[number];
    if (entry === undefined) throw new Error(`expected a known field, found number ${number}: add it to the table`);
    const field = typeof entry === 'function' ? entry() : entry;
    let value: unknown;
    if (wire === WIRE_VARINT) {
      const [raw, next] = readVarint(view, afterTag);
      value = field.kind === 'bool' ? raw !== 0n : Number(BigInt.asIntN(64, raw));
      at = next;
    } else if (wire === WIRE_FIXED64) {
      value = readFixed(view, afterTag, field.kind);
      at = afterTag + 8;
    } else if (wire === WIRE_FIXED32) {
      value = view.getUint32(afterTag, true);
      at = afterTag + 4;
    } else if (wire === WIRE_BYTES) {
      const [length, from] = readVarint(view, afterTag);
      value = readBytes(new DataView(view.buffer, view.byteOffset + from, Number(length)), field.kind);
      at = from + Number(length);
    } else throw new Error(`expected a wire type of protobuf 3, found ${wire}`);
    if (field.repeated === true) {
      const known = decoded[field.name];
      if (Array.isArray(known)) known.push(value);
      else decoded[field.name] = [value];
    } else decoded[field.name] = value;
  }
  return decoded;
};
