// Who says it: the OpenTelemetry resource of the process, from settings, the standard variables and the host. Pure; a
// recording keeps it, so that its replay tells the same.
import type { Attributes, Resource } from '../otel/signal.ts';
import type { Environment } from './settings.ts';

export type ResourceInput = {
  readonly serviceName: string;
  readonly version: string;
  readonly env: Environment;
  /** Stable for this host and service; a hash where the platform gives no better one. */
  readonly instanceId: string;
  readonly hostName: string;
};

/** `key=value,key2=value2`, percent-encoded, as the specification writes it. A part that cannot be read is left out. */
export const parseResourceAttributes = (text: string): Attributes => {
  const attributes: { [key: string]: string } = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const key = part.slice(0, at).trim();
    if (at <= 0 || key === '') continue;
    try {
      attributes[key] = decodeURIComponent(part.slice(at + 1).trim());
    } catch {
      // Not percent-encoded after all: what was written is what was meant.
      attributes[key] = part.slice(at + 1).trim();
    }
  }
  return attributes;
};

/** Names of the Kubernetes downward API variables that a pod gives us, and the attributes they fill. */
const KUBERNETES: { readonly [variable: string]: string } = {
  K8S_NODE_NAME: 'k8s.node.name',
  K8S_POD_NAME: 'k8s.pod.name',
  K8S_POD_UID: 'k8s.pod.uid',
  K8S_NAMESPACE_NAME: 'k8s.namespace.name',
  K8S_CONTAINER_NAME: 'k8s.container.name',
  K8S_CLUSTER_NAME: 'k8s.cluster.name',
};

/** OTEL_RESOURCE_ATTRIBUTES wins over what we find, OTEL_SERVICE_NAME (a setting) over both, as the specification says. */
export const makeResource = ({ serviceName, version, env, instanceId, hostName }: ResourceInput): Resource => {
  const kubernetes: { [key: string]: string } = {};
  for (const [variable, attribute] of Object.entries(KUBERNETES)) {
    const value = env[variable];
    if (value !== undefined && value !== '') kubernetes[attribute] = value;
  }
  const standard = parseResourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  const named = env['OTEL_SERVICE_NAME'] ?? '';
  return {
    attributes: {
      'service.name': serviceName,
      'service.instance.id': instanceId,
      'host.name': hostName,
      'telemetry.distro.name': 'ollascope',
      'telemetry.distro.version': version,
      ...kubernetes,
      ...standard,
      ...(named === '' ? {} : { 'service.name': named }),
    },
  };
};
