// The five real backends for a developer, in the foreground until Ctrl-C: node test/real/backends/up.ts [--interval 5s]
// Prints where everything is, and what to export so that an agent sends there and the tests use these servers.

import { parseArgs } from 'node:util';
import { EXTERNAL_NAMES } from './external.ts';
import { SERVER_NAMES } from './servers.ts';
import { startStack } from './stack.ts';

const { interval } = parseArgs({ options: { interval: { type: 'string', default: '5s' } } }).values;
const stack = await startStack({ promInterval: interval });
if (stack.external)
  throw new Error('a running stack is named by the environment already; unset its addresses to start another');

console.log(`Prometheus    ${stack.prometheusUrl}
Alertmanager  ${stack.alertmanagerUrl}
Loki          ${stack.lokiUrl}
Jaeger        ${stack.jaegerUrl}
Collector     ${stack.otlpHttpUrl} (OTLP over HTTP), ${stack.otlpGrpcUrl} (gRPC), ${stack.collectorMetricsUrl}
logs, data    ${stack.directory}
`);
for (const name of SERVER_NAMES) console.log(`# ${name}: process ${stack.server(name).pid}`);
console.log(`
# the agent sends there
export OTEL_EXPORTER_OTLP_ENDPOINT=${stack.otlpHttpUrl} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
# the tests use these servers, and so do \`ollascope query\` and \`ollascope trace\``);
for (const [key, name] of Object.entries(EXTERNAL_NAMES))
  console.log(`export ${name}=${stack[key as keyof typeof EXTERNAL_NAMES]}`);
console.log('\nready; Ctrl-C ends them and removes the folder');
