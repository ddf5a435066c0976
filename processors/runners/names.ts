// Which model a blob is. Several tags may share one blob and then share one runner, so a name that is not the only one for
// its blob is not told from the list alone; what the log or /api/ps says of this very runner always is.
import type { ApiFields } from '../../collectors/reading.ts';
import { MODEL_NAMES_MAX } from '../limits.ts';
import type { Runner } from './table.ts';

export const createNames = () => {
  /** From the log: the last name that a runner of the blob had. */
  const told = new Map<string, string>();
  /** From the API: all tags of a blob. */
  let listed = new Map<string, readonly string[]>();

  const nameOf = (blob: string | undefined): string | undefined => {
    if (blob === undefined) return undefined;
    const tags = listed.get(blob);
    const known = told.get(blob);
    if (known !== undefined && (tags === undefined || tags.includes(known))) return known;
    return tags?.length === 1 ? tags[0] : undefined;
  };

  return {
    nameOf,
    /** The log named this runner. */
    bind: (runner: Runner, name: string): void => {
      runner.name = name;
      if (runner.blob === undefined) return;
      if (told.size >= MODEL_NAMES_MAX && !told.has(runner.blob)) told.delete(told.keys().next().value ?? '');
      told.set(runner.blob, name);
    },
    /** `/api/tags` with `/api/show`: replaces the list. */
    list: (models: ApiFields['api.models']['models']): void => {
      const next = new Map<string, readonly string[]>();
      for (const { name, blob } of models.slice(0, MODEL_NAMES_MAX)) {
        if (blob !== undefined) next.set(blob, [...(next.get(blob) ?? []), name]);
      }
      listed = next;
    },
    /** A resident name that no runner has, and the only runner without one: they belong together. */
    pair: (runners: readonly Runner[], resident: readonly string[]): Runner | undefined => {
      const nameless = runners.filter((runner) => runner.state === 'alive' && runner.name === undefined);
      const free = resident.filter((name) => !runners.some((runner) => runner.name === name));
      const [runner, name] = [nameless[0], free[0]];
      if (nameless.length !== 1 || free.length !== 1 || runner === undefined || name === undefined) return undefined;
      const tags = runner.blob === undefined ? undefined : listed.get(runner.blob);
      if (tags !== undefined && !tags.includes(name)) return undefined;
      runner.name = name;
      return runner;
    },
  };
};
export type Names = ReturnType<typeof createNames>;
