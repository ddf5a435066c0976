// Queries about the server as a whole and about what was read of it: settings, errors, sources, lines nobody knows.
import { field, recordFields } from '../fields.ts';
import { counted, event, type Query, stream } from './query.ts';

const source = field('ollascope.source');
const lineClass = field('ollascope.line.class');

export const operationQueries: readonly Query[] = [
  {
    name: 'server-settings',
    what: 'Which versions and settings did the server start with?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.server.started', 'ollama.server.listening', 'ollama.server.config', 'ollama.server.context_default')}`,
    since: '7d',
  },
  {
    name: 'errors',
    what: 'What went wrong?',
    answer: 'lines',
    expr: `${stream} | ${recordFields.severity}=~"ERROR|FATAL"`,
    since: '24h',
  },
  {
    name: 'errors-by-severity',
    what: 'How much of what went wrong, by severity and event?',
    answer: 'table',
    expr: counted(
      [recordFields.severity, recordFields.event, field('error.type')],
      `${stream} | ${recordFields.severity}=~"WARN|ERROR|FATAL"`,
    ),
    since: '24h',
  },
  {
    name: 'unmatched-lines',
    what: 'Which lines did no pattern know, by class?',
    answer: 'table',
    expr: counted([source, lineClass, field('ollascope.line.name')], `${stream} | ${lineClass}=~"unmatched|malformed"`),
    since: '24h',
    note: 'Their text stays on the host: `ollascope check` shows it there.',
  },
  {
    name: 'sources',
    what: 'What happened to what is read: gaps, stalls, rotations, exits?',
    answer: 'lines',
    expr: `${stream} ${event('ollascope.source.gap', 'ollascope.source.stalled', 'ollascope.source.recovered', 'ollascope.source.exited', 'ollascope.source.restarted', 'ollascope.source.unavailable', 'ollascope.source.deleted', 'ollascope.source.rotated', 'ollascope.source.truncated', 'ollascope.source.clock_step')}`,
    since: '24h',
  },
  {
    name: 'weak-links',
    what: 'Which lines were given to a request without being sure?',
    answer: 'lines',
    expr: `${stream} | ${field('ollascope.join.confidence')} < $sure`,
    since: '24h',
  },
  {
    name: 'lines-per-event',
    what: 'What fills the logs?',
    answer: 'table',
    expr: `topk($top, ${counted([recordFields.event, source], stream)})`,
    since: '1h',
  },
  {
    name: 'api-unreachable',
    what: 'When did the API of Ollama not answer?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.api.unreachable', 'ollama.server.bind_failed')}`,
    since: '24h',
  },
];
