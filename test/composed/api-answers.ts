// What the Ollama API answers to the agent that polls it: version, installed and resident models.
import type { Clockwork } from './clockwork.ts';
import { gpuMibOf, MODELS, type Model, wallIso } from './machine.ts';
import { AGENT_CLIENT, type OllamaServer } from './server.ts';
import type { Tape } from './tape.ts';

const POLL_SECONDS = 5;
const BYTES_PER_MIB = 1_048_576;
const bytes = (mib: number): number => Math.round(mib * BYTES_PER_MIB);
const models: readonly Model[] = Object.values(MODELS);

/** Asks every five seconds, tells the answers and that nobody answered. */
export const pollApi = (server: OllamaServer, clockwork: Clockwork, tape: Tape): void => {
  const tell = (fields: object): void => tape.say('ollama-api', clockwork.now() + 0.001, JSON.stringify(fields));
  const asked = (seconds: number, path: string): void => server.plain(200, seconds, 'GET', path, AGENT_CLIENT);
  let away = false;
  let isFirst = true;
  const poll = (): void => {
    clockwork.at(clockwork.now() + POLL_SECONDS, poll);
    if (!server.isUp()) {
      if (!away) {
        tell({ kind: 'api.unreachable', reason: 'econnrefused' });
        const detail =
          "expected an answer from Ollama's API, found econnrefused: names and residency of models are missing until it answers; check OLLAMA_HOST";
        tape.notice('ollama-api', clockwork.now() + 0.002, 'unavailable', detail);
      }
      away = true;
      return;
    }
    if (isFirst || away) {
      asked(0.000_06, '/api/version');
      tell({ kind: 'api.version', version: '0.34.4' });
    }
    asked(0.000_04, '/api/ps');
    const resident = server.resident().map(({ model, gpu, contextSize, expiresAt }) => {
      const inGpu = gpu === undefined ? 0 : gpuMibOf(model);
      return {
        name: model.name,
        sizeBytes: bytes(
          gpuMibOf(model) + (model.offloaded < model.layers || gpu === undefined ? model.cpuWeightsMib : 0),
        ),
        vramBytes: bytes(inGpu),
        contextSize,
        expiresAt: wallIso(expiresAt),
      };
    });
    tell({ kind: 'api.resident', models: resident });
    if (isFirst || away) {
      asked(0.004_8, '/api/tags');
      const installed = models.map(({ name, blob, gpuWeightsMib, cpuWeightsMib }) => ({
        name,
        blob,
        sizeBytes: bytes(gpuWeightsMib + cpuWeightsMib),
      }));
      tell({ kind: 'api.models', models: installed });
    }
    if (away) tape.notice('ollama-api', clockwork.now() + 0.006, 'recovered', "Ollama's API answers again");
    isFirst = false;
    away = false;
  };
  clockwork.at(0.31, poll);
};
