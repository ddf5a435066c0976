// Process names may travel, paths and arguments may not: both can hold user names and secrets.

/** Longer than any file name (255 bytes on every common file system). */
const NAME_MAX = 255;

/**
 * `/opt/my tools/python3 -u serve.py` → `python3`, `C:\Program Files\App\app x.exe` → `app x.exe`, `gnome-shell` unchanged.
 * Whatever follows a POSIX program's path is cut, since a blank there begins an argument far more often than a name.
 */
export const baseNameOf = (process: string): string => {
  const withoutOptions = process.split(' -', 1)[0] ?? '';
  const isPosixPath =
    withoutOptions.startsWith('/') || withoutOptions.startsWith('./') || withoutOptions.startsWith('../');
  const path = isPosixPath ? (withoutOptions.split(' /', 1)[0] ?? '') : withoutOptions;
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).trim();
  const name = isPosixPath ? (last.split(' ', 1)[0] ?? '') : last;
  return name.slice(0, NAME_MAX);
};
