// Queries about models and the runners that serve them: loads, memory, evictions, crashes.
import { field } from '../fields.ts';
import { by, counted, event, matching, type Query, stream } from './query.ts';

const model = matching('gen_ai.request.model', 'model');
const name = field('gen_ai.request.model');
const loaded = `${stream} ${event('ollama.model.loaded')} ${model}`;

export const modelQueries: readonly Query[] = [
  {
    name: 'model-loads',
    what: 'Which models were loaded, how long did it take, into which memory?',
    answer: 'lines',
    expr: loaded,
    since: '24h',
  },
  {
    name: 'load-durations',
    what: 'How long does each model take to load, at worst?',
    answer: 'table',
    expr: `max ${by(name)} (max_over_time(${loaded} | unwrap ${field('ollama.load.duration')} | __error__="" [$window]))`,
    since: '24h',
  },
  {
    name: 'loads-by-duration',
    what: 'Which loads took longer than they should?',
    answer: 'lines',
    expr: `${loaded} | ${field('ollama.load.duration')} > $slow`,
    since: '24h',
  },
  {
    name: 'load-memory',
    what: 'What does the largest load need, part by part and device by device?',
    answer: 'table',
    expr: `max ${by(field('ollama.device'), field('ollama.memory.part'))} (max_over_time(${stream} ${event('ollama.load.memory')} | unwrap ${field('ollama.memory.size')} | __error__="" [$window]))`,
    since: '24h',
    note: 'Bytes. These lines name no model: look at one load at a time, or ask Prometheus by model.',
  },
  {
    name: 'cpu-fallbacks',
    what: 'Which models left layers on the CPU?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.cpu_fallback')} ${model}`,
    since: '24h',
  },
  {
    name: 'evictions',
    what: 'Who evicted whom, and how often?',
    answer: 'table',
    expr: counted(
      [name, field('ollama.model.evicted_by'), field('ollascope.reason')],
      `${stream} ${event('ollama.model.evicted')} ${model}`,
    ),
    since: '24h',
  },
  {
    name: 'unloads',
    what: 'Why did models go?',
    answer: 'table',
    expr: counted([name, field('ollascope.reason')], `${stream} ${event('ollama.model.unloaded')} ${model}`),
    since: '24h',
  },
  {
    name: 'load-failures',
    what: 'Which loads failed, and why?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.model.load_failed', 'ollama.load.failed', 'ollama.load.too_large', 'ollama.load.retrying')}`,
    since: '24h',
  },
  {
    name: 'load-failures-by-model',
    what: 'How many loads of each model failed, by class?',
    answer: 'table',
    expr: counted([name, field('error.type')], `${stream} ${event('ollama.model.load_failed')} ${model}`),
    since: '24h',
  },
  {
    name: 'runner-crashes',
    what: 'Which runners died, and what did they say last?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.runner.crashed', 'ollama.runner.terminated', 'ollama.runner.gone', 'ollama.runner.device_error', 'ollama.runner.crash_dump', 'ollama.runner.oom_expiring')}`,
    since: '24h',
  },
  {
    name: 'memory-not-recovered',
    what: 'When did GPU memory not come back after an unload?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.unload.vram_not_recovered')}`,
    since: '7d',
  },
];
