// The plain read that others are measured against: bytes to text, text to lines, one expression per line, as `grep` would.
const ACCESS =
  /\[GIN\] (\d{4}\/\d\d\/\d\d - \d\d:\d\d:\d\d) \| +(\d{3}) \| +(\S+) \| +(\S*) \| (\S+) *("(?:[^"\\]|\\.)*")/;

/** Access lines in one piece of a log. */
export const grepPiece = (piece: Uint8Array): number => {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('utf8');
  let found = 0;
  let from = 0;
  for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
    if (ACCESS.test(text.slice(from, to))) found += 1;
    from = to + 1;
  }
  return found;
};
