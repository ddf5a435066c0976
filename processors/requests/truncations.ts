// A prompt that was cut: the line names no request. From 0.30 on the server cuts before it asks the runner, so the next task
// whose prompt has exactly the kept length is the one; the runner of earlier versions prints no task to tie it to.
import type { Instant } from '../../otel/time.ts';
import { secondsBetween } from '../../otel/time.ts';
import { TRUNCATION_SECONDS } from '../limits.ts';
import type { Task } from '../tasks/task.ts';
import type { Evidence } from './evidence.ts';

/** Ties a task to the truncation that made its prompt, the oldest that fits. */
export const tieTruncation = (task: Task, kept: readonly Evidence[], tied: Set<Evidence>): void => {
  if (task.truncation !== undefined || task.promptTokens === undefined) return;
  for (const evidence of kept) {
    const { reading } = evidence;
    if (
      reading.kind !== 'request.truncated' ||
      tied.has(evidence) ||
      !near(reading.at, task.launchedAt, reading.timing === 'estimated')
    )
      continue;
    if (reading.fields.new !== task.promptTokens) continue;
    task.truncation = { promptTokens: reading.fields.prompt, keptTokens: reading.fields.new, evidence };
    tied.add(evidence);
    return;
  }
};

const near = (cut: Instant, launched: Instant, coarse: boolean): boolean =>
  coarse || Math.abs(secondsBetween(cut, launched)) <= TRUNCATION_SECONDS;
