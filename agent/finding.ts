// One thing that was looked for: whether it was found, where, why it matters, and what to do where it was not. Texts are
// safe to paste into a question to somebody: home folders are `~`, other people's names are stars.

export type Finding = {
  readonly what: string;
  /** `missing` may be meant so (no GPU); `problem` wants something done. */
  readonly state: 'found' | 'missing' | 'problem';
  readonly where?: string;
  readonly why: string;
  readonly whatToDo?: string;
};

/** Paths without names of people. */
export const safePath = (path: string, homeDir: string): string => {
  const short =
    homeDir !== '/' && homeDir !== '' && path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path;
  return short.replace(/((?:^|\/)(?:home|Users)\/)[^/]+/g, '$1*');
};
