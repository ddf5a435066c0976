// `doctor`: what was found, what is missing, and what to do about each.
import type { CommandFunction } from '../command.ts';
import { discover } from '../discovery.ts';
import { doctorJson, renderDoctor, runChecks } from '../doctor.ts';
import { createHost } from '../host.ts';
import { otlpTarget } from '../otlp-output.ts';
import { splitListen } from '../session.ts';

export const doctor: CommandFunction = async ({ settings, env, clock, out }) => {
  const host = createHost(clock, env);
  const discovery = await discover(host);
  const listen = settings['metrics-listen'];
  const target = settings.otlp === 'off' ? undefined : otlpTarget(env);
  const checks = await runChecks(host, {
    ...(listen === 'none' ? {} : { scrape: splitListen(listen) }),
    ...(target === undefined ? {} : { otlpEndpoint: target }),
  });
  out(settings.json ? doctorJson(discovery, checks) : renderDoctor(discovery, checks));
  return [...discovery.findings, ...checks].some(({ state }) => state === 'problem') ? 1 : 0;
};
