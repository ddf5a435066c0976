// Holds the harness itself to its word: the log of a run and the truth of that run tell the same story, request by request.
// The scenario of errors is the hard one: its clients leave in every phase.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OLLAMA_VERSIONS } from '../versions.ts';
import { PLANTED_SECRET } from './requests.ts';
import { runScenario } from './scenarios.ts';
import type { Truth } from './truth.ts';

/** `[GIN] 2026/01/31 - 10:20:30 | 200 |  1.5ms |  127.1.0.1 | POST "/api/chat"`, wherever in a line it stands. */
const ACCESS = /\[GIN\] \S+ - \S+ \| +(\d{3}) \| +\S+ \| +(127\.1\.\d+\.\d+) \|/g;

describe.each(OLLAMA_VERSIONS)('the errors scenario on Ollama %s', (version) => {
  let out = '';
  let truth: Truth | undefined;
  let log = '';

  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'ollascope-scenario-'));
    truth = await runScenario({ scenario: 'errors', version, out });
    log = readFileSync(join(out, 'server.log'), 'utf8');
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('logs one access line per request, with the status that the client saw', () => {
    const logged = [...log.matchAll(ACCESS)].map(([, status, address]) => `${address} ${status}`).sort();
    const seen = (truth?.requests ?? []).map((request) => {
      const unseen = logged.find((line) => line.startsWith(`${request.client_addr} `))?.split(' ')[1];
      return `${request.client_addr} ${request.status ?? unseen}`;
    });
    expect(logged).toEqual(seen.sort());
  });

  test('provokes every status that it is there for', () => {
    const statuses = new Set([...log.matchAll(ACCESS)].map(([, status]) => Number(status)));
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404, 405, 499, 500, 503]));
  });

  test('notes the arrival of every byte once, in order', () => {
    const rows = readFileSync(join(out, 'arrivals.tsv'), 'utf8').trimEnd().split('\n');
    let offsetBytes = 0;
    let lastNs = truth?.launch_ns ?? 0n;
    for (const [ns = '', offset, length] of rows.map((row) => row.split('\t'))) {
      expect(Number(offset)).toBe(offsetBytes);
      expect(BigInt(ns)).toBeGreaterThanOrEqual(lastNs);
      offsetBytes += Number(length);
      lastNs = BigInt(ns);
    }
    expect(offsetBytes).toBe(Buffer.byteLength(log));
  });

  test('leaves no prompt in the log at the default level', () => {
    expect(log).not.toContain(PLANTED_SECRET);
  });
});
