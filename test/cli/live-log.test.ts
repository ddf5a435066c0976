// A log that is not there yet, is rotated or cut while it is followed, comes by standard input; a program that is asked to stop.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { chat, ollamaLog, started } from './composed.ts';
import { follow, followStarted, ONLY_THE_LOG, tracesIn } from './following.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const stopped = async ({ program }: Awaited<ReturnType<typeof followStarted>>) => {
  program.kill('SIGTERM');
  return program.ended;
};

describe.concurrent('a followed log', () => {
  test('that does not exist yet is waited for, then read', async () => {
    const following = follow(scratch, 'later.log', ['run']);
    await following.program.until(({ stdout }) => /waiting for it to\s+appear/.test(stdout()));
    following.append([...started(), ...chat(0, 16, 0.05)]);
    await following.traces(1);
    expect(await stopped(following)).toMatchObject({ code: 0, signal: null });
  });

  test('that is not there is told even where nothing is printed, and so is that it came', async () => {
    const following = follow(scratch, 'quiet.log', ['run', '--output', 'none']);
    await following.program.until(({ stderr }) => /expected a log file, found nothing there/.test(stderr()));
    following.append(started());
    await following.program.until(({ stderr }) =>
      stderr()
        .split('\n')
        .some((line) => /ollama (recovered|opened)/.test(line)),
    );
    expect(await stopped(following)).toMatchObject({ code: 0, stdout: '' });
  });

  test('that is replaced and cut while it is followed loses no request', async () => {
    const following = await followStarted(scratch, 'moved.log', ['run']);
    following.append(chat(0, 16, 0.05));
    await following.traces(1);
    renameSync(following.path, `${following.path}.1`);
    // The writer goes on in the renamed file until the new one is there.
    appendFileSync(`${following.path}.1`, `${chat(2, 18, 0.05).join('\n')}\n`);
    writeFileSync(following.path, `${chat(4, 20, 0.05).join('\n')}\n`);
    await following.traces(3);
    truncateSync(following.path, 0);
    await following.program.until(({ stdout }) => stdout().includes('truncated'));
    following.append(chat(6, 22, 0.05));
    await following.traces(4);
    const { code, stdout } = await stopped(following);
    expect(code).toBe(0);
    expect(stdout).toContain('rotated');
    expect(stdout).not.toContain('abandoned');
    expect(tracesIn(stdout)).toBe(4);
  });

  test('is told from now on, with what its past teaches', async () => {
    scratch.write('past.log', ollamaLog());
    const following = follow(scratch, 'past.log', ['run'], { flags: ['--start-at', 'end'] });
    await following.program.until(() => following.metricsUrl() !== '');
    // The page says when the past was read: its last line told of the second request.
    let page = await following.metrics();
    while (!/^ollama_models_loaded(\{[^}]*\})? 1$/m.test(page)) page = await following.metrics();
    following.append(chat(4, 50, 0.05));
    await following.traces(1);
    const { code, stdout } = await stopped(following);
    expect(code).toBe(0);
    expect(tracesIn(stdout)).toBe(1);
    expect(stdout).toMatch(/^trace [0-9a-f]{32} {2}chat sha256:c4c4c4c4c4c4/m);
  });

  test.each([
    ['a folder', 'a directory'],
    ['a pipe', 'a named pipe'],
  ])('with %s in its place is told, and waited for', async (what, found) => {
    const name = what.replace(' ', '-');
    if (what === 'a folder') mkdirSync(scratch.path(name));
    else execFileSync('mkfifo', [scratch.path(name)], { env: { PATH: '/usr/bin:/bin' } });
    const following = follow(scratch, name, ['run'], { flags: ['--start-at', 'end'] });
    await following.program.until(({ stdout }) => stdout().includes(`found ${found}`));
    rmSync(scratch.path(name), { recursive: true });
    await following.program.until(({ stdout }) => /waiting for it to\s+appear/.test(stdout()));
    scratch.write(name, `${[...started(), ...chat(0, 16, 0.05)].join('\n')}\n`);
    await following.traces(1);
    expect(await stopped(following)).toMatchObject({ code: 0, signal: null });
  });

  test('on standard input is told to its end, which ends the program', async () => {
    const args = ['run', '--ollama-log', '-', ...ONLY_THE_LOG, '--metrics-listen', 'none', '--start-at', 'beginning'];
    const { code, stdout } = await runProgram([...args, '--exit-when-done'], { stdin: ollamaLog() });
    expect(code).toBe(0);
    expect(tracesIn(stdout)).toBe(2);
  });
});

describe.concurrent('a program that is asked to stop', () => {
  test('SIGTERM delivers what is left before it ends', async () => {
    const receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
    // Metrics are due in an hour: they can only come because the program ends.
    const following = await followStarted(scratch, 'flushed.log', ['run'], {
      env,
      flags: ['--metric-interval', '3600'],
    });
    following.append(chat(0, 16, 0.05));
    await following.traces(1);
    expect(receiver.received.metrics).toEqual([]);
    expect(await stopped(following)).toMatchObject({ code: 0, signal: null });
    expect(receiver.received.spans.filter(({ kind }) => kind === 2)).toHaveLength(1);
    expect(receiver.received.metrics.map(({ name }) => name)).toContain('gen_ai.server.request.duration');
    await receiver.close();
  });

  test('a second Ctrl-C ends it at once although a receiver does not answer', async () => {
    const receiver = await startOtlpReceiver();
    receiver.answerWith(() => ({ kind: 'hang' }));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
    const following = await followStarted(scratch, 'hanging.log', ['run'], { env });
    await receiver.waitFor(({ requests }) => requests.length > 0);
    const requests = receiver.requests.length;
    following.program.kill('SIGINT');
    // The last metrics are handed over when the first signal was seen.
    await receiver.waitFor((now) => now.requests.length > requests);
    following.program.kill('SIGINT');
    expect(await following.program.ended).toMatchObject({ code: 1, signal: null });
    await receiver.close();
  });

  test('a reader that goes away ends it quietly', async () => {
    const following = await followStarted(scratch, 'unread.log', ['run']);
    following.program.closeStdout();
    following.append(chat(0, 16, 0.05));
    expect(await following.program.ended).toMatchObject({ code: 0, signal: null });
  });
});

test.concurrent('a receiver that is down is told once, and gets everything when it comes up', async () => {
  const first = await startOtlpReceiver();
  const port = Number(new URL(first.httpUrl).port);
  await first.close();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: first.httpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
  };
  const following = await followStarted(scratch, 'down.log', ['run'], { env });
  following.append(chat(0, 16, 0.05));
  await following.traces(1);
  await following.program.until(({ stderr }) => stderr().includes('otlp: traces: '));
  following.append(chat(2, 18, 0.05));
  await following.traces(2);
  const receiver = await startOtlpReceiver(port);
  await receiver.waitFor(({ received }) => received.spans.filter(({ kind }) => kind === 2).length === 2);
  const { code, stderr } = await stopped(following);
  expect(code).toBe(0);
  expect(stderr.match(/otlp: traces: not taken/g)).toHaveLength(1);
  expect(receiver.received.logs.some(({ eventName }) => eventName === 'ollama.model.loaded')).toBe(true);
  await receiver.close();
});
