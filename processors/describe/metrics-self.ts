// Numbers about reading itself: lines by class, what happened to each source, whether it still delivers.
import type { NoticeKind } from '../../collectors/line.ts';
import { NS_PER_SECOND } from '../../otel/time.ts';
import type { FactOf } from '../fact.ts';
import { type EmitSignal, tellTo } from './points.ts';

/** Whether a source delivers after a notice; kinds that say nothing about it are absent. */
const delivers: { readonly [K in NoticeKind]?: 0 | 1 } = {
  opened: 1,
  recovered: 1,
  restarted: 1,
  stalled: 0,
  exited: 0,
  unavailable: 0,
  deleted: 0,
  ended: 0,
};

export const describeLinesMetrics = (fact: FactOf<'lines.counted'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  const source = { 'ollascope.source': fact.source.name };
  tell('ollascope.lines', fact.count, fact.at, {
    ...source,
    'ollascope.line.class': fact.class,
    ...(fact.name === undefined ? {} : { 'ollascope.line.name': fact.name }),
  });
  tell('ollascope.source.last_line.time', Number(fact.at) / NS_PER_SECOND, fact.at, source);
  tell('ollascope.source.delay', fact.delaySeconds, fact.at, source);
};

export const describeSourceMetrics = ({ at, notice }: FactOf<'source.changed'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  const source = { 'ollascope.source': notice.source.name };
  tell('ollascope.source.events', 1, at, { ...source, 'ollascope.source.event': notice.kind });
  if (notice.kind === 'gap') tell('ollascope.source.lost', notice.amount, at, source);
  tell('ollascope.source.up', delivers[notice.kind], at, source);
};

export const describeSmiFailure = ({ at, errorType }: FactOf<'smi.failed'>, emit: EmitSignal): void =>
  tellTo(emit)('ollascope.smi.failures', 1, at, { 'error.type': errorType });
