// What became of a followed file, decided from what is open and what the path shows now. Pure, so that every history of
// a file can be tested as data.

/** The file as opened. Identity is device and inode, never the name. */
export type OpenFile = {
  readonly device: bigint;
  readonly inode: bigint;
  /** Size now, by the open handle. */
  readonly sizeBytes: number;
  /** Bytes of it already read. */
  readonly offset: number;
  /** The last bytes read are still there before `offset`. False: the file was truncated and grew again past it. */
  readonly tailMatches: boolean;
};

/** What the path leads to now; undefined where nothing is there. */
export type PathFile = { readonly device: bigint; readonly inode: bigint; readonly sizeBytes: number } | undefined;

/**
 * `grown` comes before `rotated` and `gone`: a renamed or deleted file is read to its end first. A new file that is still
 * empty is no reason to leave the old one: Ollama keeps writing to the file it opened.
 */
export type Fate = 'same' | 'grown' | 'truncated' | 'rotated' | 'gone';

export const fateOf = (open: OpenFile, path: PathFile): Fate => {
  if (open.sizeBytes < open.offset || !open.tailMatches) return 'truncated';
  if (open.sizeBytes > open.offset) return 'grown';
  if (path === undefined) return 'gone';
  const isSameFile = path.device === open.device && path.inode === open.inode;
  if (isSameFile || path.sizeBytes === 0) return 'same';
  return 'rotated';
};
