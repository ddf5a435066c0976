// What Docker prints when something is missing becomes a message with what to do. The texts are Docker's own, as versions 20
// to 28 of it and compose 2 print them.
import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../agent/stack/failures.ts';

const cases: readonly (readonly [string, string, string])[] = [
  [
    'no compose plugin',
    "docker: 'compose' is not a docker command.\nSee 'docker --help'",
    'expected the compose plugin',
  ],
  ['an old client', "unknown shorthand flag: 'f' in -f\nSee 'docker --help'.", 'expected the compose plugin'],
  [
    'no daemon',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'sudo systemctl start docker',
  ],
  [
    'a user who may not',
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'usermod -aG docker',
  ],
  [
    'a port that is taken',
    'Error response from daemon: driver failed programming external connectivity on endpoint ollascope-grafana-1: Bind for 127.0.0.1:3000 failed: port is already allocated',
    'set OLLASCOPE_PORT_GRAFANA to a free port',
  ],
  [
    'a port that a program of the host has',
    'failed to bind host port for 127.0.0.1:4317:172.18.0.2:4317/tcp: address already in use',
    'set OLLASCOPE_PORT_OTLP_GRPC to a free port',
  ],
  [
    'no NVIDIA runtime',
    'Error response from daemon: could not select device driver "nvidia" with capabilities: [[gpu]]',
    'nvidia-ctk runtime configure',
  ],
  [
    'no GPU of WSL2',
    'Error response from daemon: error gathering device information while adding custom device "/dev/dxg": no such file or directory',
    'wsl --update',
  ],
  [
    'a log folder that was not named',
    'invalid mount config for type "bind": bind source path does not exist: /mnt/c/Users/set-OLLASCOPE_OLLAMA_LOG_FOLDER',
    'OLLASCOPE_OLLAMA_LOG_FOLDER: expected the folder',
  ],
  [
    'a file that is not there',
    'invalid mount config for type "bind": bind source path does not exist: /srv/ollascope/loki/loki.yaml',
    '/srv/ollascope/loki/loki.yaml: expected this file',
  ],
  ['a full disk', 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'docker system df'],
  [
    'an image that cannot be pulled',
    'Error response from daemon: manifest for grafana/grafana:13.2.0 not found: manifest unknown',
    'grafana/grafana:13.2.0: expected an image that can be pulled',
  ],
  [
    'no way to the registry',
    'Error response from daemon: Get "https://registry.example/v2/": dial tcp: lookup registry.example on 192.0.2.1:53: no such host',
    'expected to reach the registry',
  ],
  [
    'a server that does not get well',
    'dependency failed to start: container ollascope-volumes-owner-1 exited (1)',
    'ollascope stack logs volumes-owner',
  ],
  ['a server that is ill', 'container ollascope-loki-1 is unhealthy', 'ollascope stack logs loki'],
];

describe('a failure of Docker', () => {
  test.each(cases)('%s', (_what, printed, told) => {
    expect(explainFailure(printed, {})).toContain(told);
    expect(explainFailure(printed, {})).toContain('What to do:');
  });

  test('a moved port is told by the setting that moved it', () => {
    const printed = 'Bind for 127.0.0.1:13000 failed: port is already allocated';
    expect(explainFailure(printed, { OLLASCOPE_PORT_GRAFANA: '13000' })).toContain('OLLASCOPE_PORT_GRAFANA');
    expect(explainFailure(printed, {})).toContain('What to do: end that program.');
  });

  test('what no row knows is shown in its own words', () => {
    expect(explainFailure('something new', {})).toBe('docker compose failed; it said:\nsomething new');
  });
});
