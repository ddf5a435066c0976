// Attribute keys that OpenTelemetry's semantic conventions define: general and http 1.44, hardware 1.44, GenAI development.
// Only those that something here says; the texts are ours, the meanings are theirs.
import { type AttributeDef, development, stable } from './attribute-form.ts';

const label = { label: true } as const;

export const conventionAttributes = {
  // --- resource: who says it ----------------------------------------------------------------------------------------
  'service.name': stable('string', 'Name of the observed service.', ['ollama'], label),
  'service.namespace': stable('string', 'Group of the service.', ['inference'], label),
  'service.version': stable('string', 'Version of the agent.', ['0.1.0']),
  'service.instance.id': stable('string', 'This process of the service.', ['4f0c2b6a9d1e7788']),
  'deployment.environment.name': stable('string', 'Deployment environment.', ['production'], label),
  'telemetry.sdk.name': stable('string', 'Always `opentelemetry`.', ['opentelemetry']),
  'telemetry.sdk.language': stable('string', 'Always `nodejs`.', ['nodejs']),
  'telemetry.sdk.version': stable('string', 'Version of the exporters.', ['3.1.0']),
  'telemetry.distro.name': stable('string', 'Always `ollascope`.', ['ollascope']),
  'telemetry.distro.version': stable('string', 'Version of the agent.', ['0.1.0']),
  'host.name': development('string', 'Name of the host.', ['gpu-box'], label),
  'host.id': development('string', 'Derived identity of the host.', ['7d3a90b1c2e4f506']),
  'host.arch': development('string', 'Processor architecture.', ['amd64']),
  'os.type': development('string', 'Operating system.', ['linux']),
  'k8s.cluster.name': stable('string', 'Cluster.', ['lab'], label),
  'k8s.node.name': stable('string', 'Node.', ['node-3'], label),
  'k8s.namespace.name': stable('string', 'Namespace of the pod.', ['llm'], label),
  'k8s.pod.name': stable('string', 'Pod.', ['ollama-0'], { cardinality: 'one per pod ever started' }),
  'k8s.pod.uid': stable('string', 'Pod identity.', ['0c6f6e1e-…'], { cardinality: 'one per pod ever started' }),
  'k8s.container.name': stable('string', 'Container.', ['ollama'], label),
  // --- requests -----------------------------------------------------------------------------------------------------
  'error.type': stable('string', 'Class of the failure; set only on failure.', ['500', 'runner.gone', 'client_closed']),
  'http.request.method': stable('string', 'HTTP method.', ['POST']),
  'http.route': stable('string', 'Known route, or `other`; never the raw path.', ['/api/chat'], {
    cardinality: '≤ 30',
  }),
  'http.response.status_code': stable('int', 'HTTP status.', [200, 503]),
  'url.scheme': stable('string', 'Scheme of the request.', ['http']),
  'url.path': stable('string', 'The route again: raw paths can carry names.', ['/api/chat']),
  'client.address': stable('string', 'Client as logged; any client can set it.', ['127.0.0.1']),
  'server.port': stable('int', 'Port the server listens on.', [11_434]),
  'network.io.direction': development('string', '`receive` or `transmit`, seen from the GPU.', ['receive']),
  'gen_ai.operation.name': development('string', 'What was asked for.', ['chat', 'text_completion', 'embeddings']),
  'gen_ai.provider.name': development('string', 'Always `ollama`.', ['ollama']),
  'gen_ai.request.model': development(
    'string',
    'Model, short name with tag; `sha256:` and 12 digits of its file where no name was logged.',
    ['llama3.2:3b'],
    {
      cardinality: 'models in use',
    },
  ),
  'gen_ai.response.time_to_first_chunk': development('double', 'Seconds from start to first token.', [0.21]),
  'gen_ai.usage.input_tokens': development('int', 'Prompt tokens, cached ones included.', [121]),
  'gen_ai.usage.output_tokens': development('int', 'Generated tokens.', [64]),
  'gen_ai.usage.cache_read.input_tokens': development('int', 'Prompt tokens taken from the cache.', [96]),
  // --- hardware -----------------------------------------------------------------------------------------------------
  'hw.id': development('string', 'GPU UUID; the bus id or index where no UUID is known.', ['GPU-5c2f…'], {
    cardinality: 'GPUs',
  }),
  'hw.type': development('string', 'Always `gpu`.', ['gpu']),
  'hw.name': development('string', 'Product name.', ['NVIDIA GeForce RTX 4070']),
  'hw.vendor': development('string', 'Always `NVIDIA`.', ['NVIDIA']),
  'hw.driver_version': development('string', 'Driver version.', ['570.86.15']),
  'hw.gpu.task': development('string', 'Engine: general, encoder, decoder, jpeg, ofa.', ['general']),
  'hw.state': development('string', 'ok, degraded, failed or predicted_failure.', ['ok']),
  'hw.sensor_location': development('string', '`gpu` or `memory`.', ['gpu']),
  'hw.limit_type': development('string', 'Which limit.', ['throttled']),
  // --- processes and logs -------------------------------------------------------------------------------------------
  'process.pid': development('int', 'Process id as the driver sees it.', [4242], {
    cardinality: 'processes on GPUs; ends with them',
  }),
  'process.executable.name': development('string', 'Process name, cut to 15 characters by the kernel.', ['ollama']),
  'cpu.mode': development('string', '`user` or `system`.', ['user']),
  'log.record.uid': development('string', '`<source identity>:<position>[+offset]`, for deduplication.', [
    '9f3c…:18233',
  ]),
  'otel.metric.overflow': development('boolean', 'Set on the series that holds what exceeded the series limit.', [
    true,
  ]),
} as const satisfies { readonly [key: string]: AttributeDef };
