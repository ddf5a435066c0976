// What compose.yaml promises, read from the file itself: loopback only, nothing privileged, everything bounded, versions that
// were proven together, and the same configuration files as everywhere.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endpoints } from '../../agent/stack/endpoints.ts';
import { VERSIONS } from '../real/versions.ts';
import { ROOT } from '../support/program.ts';
import {
  atDefaults,
  COMPOSE_FILE,
  composeServices,
  composeVariables,
  pinnedImages,
  type Service,
} from './compose-file.ts';

const services: readonly (readonly [string, Service])[] = Object.entries(composeServices());

describe('compose.yaml', () => {
  test('every published port is on loopback, can be moved, and is known to the stack command', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })));
    expect(published.length).toBeGreaterThan(8);
    for (const { name, port } of published) {
      const m = /^127\.0\.0\.1:\$\{(OLLASCOPE_PORT_\w+):-(\d+)\}:(\d+)$/.exec(port);
      expect(m, `${name}: ${port}`).not.toBeNull();
      const known = endpoints.find((endpoint) => endpoint.service === name && endpoint.setting === m?.[1]);
      expect(known?.port, `${name}: ${m?.[1]}`).toBe(Number(m?.[2]));
    }
    expect(new Set(published.map(({ name, port }) => `${name} ${port.split(':-')[0]?.split('{')[1]}`))).toEqual(
      new Set(endpoints.map(({ service, setting }) => `${service} ${setting}`)),
    );
  });

  test.each(services)(
    '%s is contained: no privilege, a read-only root, bounded memory, processes and log',
    (name, service) => {
      expect(service.read_only).toBe(true);
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.cap_add ?? []).toEqual(name === 'agent-gpu' ? ['SYSLOG'] : []);
      expect(service.security_opt).toContain('no-new-privileges:true');
      expect(service.privileged).toBeUndefined();
      expect(service.network_mode).toBeUndefined();
      expect(service.mem_limit).toBeDefined();
      expect(service.pids_limit).toBeGreaterThan(0);
      expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '3' });
      expect(atDefaults(service.user ?? '')).toBe(name === 'agent-gpu' ? '0:0' : '65532:65532');
    },
  );

  test('nobody gets the socket of Docker, and what is mounted from the host is read-only and exists', () => {
    const mounts = services.flatMap(([name, { volumes = [] }]) =>
      volumes.flatMap((volume) => (typeof volume === 'string' || volume.type !== 'bind' ? [] : [{ name, ...volume }])),
    );
    expect(mounts.length).toBeGreaterThan(8);
    for (const { name, source, read_only } of mounts) {
      expect(read_only, `${name}: ${source}`).toBe(true);
      expect(source).not.toContain('docker.sock');
      if (source.startsWith('.')) expect(existsSync(join(ROOT, 'compose', source)), `${name}: ${source}`).toBe(true);
    }
  });

  test('images are pinned to the versions that the tests run', () => {
    const { collector, prometheus, alertmanager, loki, jaeger } = VERSIONS;
    expect([...pinnedImages()].sort()).toEqual(
      [
        'grafana/grafana:13.2.0',
        `grafana/loki:${loki.release}`,
        `jaegertracing/jaeger:${jaeger.release}`,
        'ollama/ollama:0.34.4',
        `otel/opentelemetry-collector-contrib:${collector.release}`,
        `prom/alertmanager:v${alertmanager.release}`,
        `prom/prometheus:v${prometheus.release}`,
      ].sort(),
    );
  });

  test('no password stands in it, and none has a default', () => {
    const text = readFileSync(COMPOSE_FILE, 'utf8');
    expect(text).not.toMatch(/ADMIN_PASSWORD:/);
    const secret = [...composeVariables()].filter(([name]) => /PASSWORD|SECRET|TOKEN|KEY$/.test(name));
    expect(secret.map(([name]) => name)).toEqual(['OLLASCOPE_SECRETS']);
    expect(secret.map(([, value]) => value)).toEqual([undefined]);
  });

  test('a health check runs what the image itself is for, not a tool that it may not have', () => {
    const programs = services.flatMap(([name, { healthcheck }]) =>
      healthcheck === undefined ? [] : [[name, healthcheck.test[1]]],
    );
    expect(Object.fromEntries(programs)).toEqual({
      prometheus: 'promtool',
      alertmanager: 'amtool',
      loki: '/usr/bin/loki',
      ollama: '/bin/bash',
      'ollama-gpu': '/bin/bash',
      'agent-cpu': 'node',
      'agent-gpu': 'node',
      'agent-wsl2': 'node',
    });
  });

  test('each server comes after the volumes have their owner', () => {
    for (const [name, { volumes = [], depends_on = {} }] of services) {
      const named = volumes.some((volume) => typeof volume !== 'string' && volume.type === 'volume');
      if (named) expect(depends_on['volumes-owner'], name).toEqual({ condition: 'service_completed_successfully' });
    }
  });
});
