// Stand-ins of equal length for what must not travel. Salted hashes: stable inside one recording, so that joins survive,
// and not to be looked up from outside.
import { createHash } from 'node:crypto';

export type Pseudonym = {
  /** Every hexadecimal digit replaced by another one; what stands between stays. */
  hex(text: string): string;
  /** Every letter or digit replaced by a lower-case letter. */
  word(text: string): string;
  /** An IPv4 address of the same length that nobody owns: 240.* (reserved), 10.* (private) or 0.* (this network). */
  ipv4(text: string): string;
  /** The first group becomes fd (private), where it is long enough. */
  ipv6(text: string): string;
};

const FILLER = 'x';

/** Every character replaced, length kept: for what nothing is joined by. */
export const blank = (text: string): string => FILLER.repeat(text.length);

export const createPseudonym = (salt: string): Pseudonym => {
  /** An endless sequence of bytes that depends on the text and the salt alone. */
  const streamOf = (text: string): (() => number) => {
    let block = Buffer.alloc(0);
    let round = 0;
    let next = 0;
    return () => {
      if (next >= block.length) {
        block = createHash('sha256').update(`${salt}\0${round}\0${text}`, 'latin1').digest();
        round += 1;
        next = 0;
      }
      const byte = block[next] ?? 0;
      next += 1;
      return byte;
    };
  };
  const hex = (text: string): string => {
    const next = streamOf(text.toLowerCase());
    return text.replace(/[0-9a-f]/gi, (digit) => {
      const other = (next() % 16).toString(16);
      return digit >= 'A' && digit <= 'F' ? other.toUpperCase() : other;
    });
  };
  const octet = (length: number, next: () => number): string => {
    if (length === 1) return String(next() % 10);
    return length === 2 ? String(10 + (next() % 90)) : String(100 + (next() % 100));
  };
  const firstOctets = ['', '0', '10', '240'];
  return {
    hex,
    word: (text) => {
      const next = streamOf(text);
      return text.replace(/[A-Za-z0-9\x80-\xff]/g, () => String.fromCharCode(0x61 + (next() % 26)));
    },
    ipv4: (text) => {
      const next = streamOf(text);
      return text
        .split('.')
        .map((part, index) => (index === 0 ? (firstOctets[part.length] ?? '0') : octet(part.length, next)))
        .join('.');
    },
    ipv6: (text) => hex(text).replace(/^[0-9a-f]{2}/i, 'fd'),
  };
};
