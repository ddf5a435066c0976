// What tells this host from others: its name, and an id that is stable as long as the machine is. A recording gets neither:
// a name that says nothing, and an id of its own.
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, platform } from 'node:os';
import { identityOf } from '../otel/ids.ts';

export type HostFacts = {
  readonly hostName: string;
  readonly instanceId: string;
  /** For masking; never told in a recording. */
  readonly realHostName: string;
};

const MACHINE_ID = '/etc/machine-id';

const machineId = (): string => {
  try {
    return readFileSync(MACHINE_ID, 'utf8').trim();
  } catch {
    return ''; // containers and other systems have none: the name must do
  }
};

/** `salt`: of a recording, whose host must not be known again. */
export const hostFacts = (salt?: string): HostFacts => {
  const realHostName = hostname();
  if (salt !== undefined) return { hostName: 'recorded-host', instanceId: identityOf('recording', salt), realHostName };
  return { hostName: realHostName, instanceId: identityOf('host', realHostName, machineId()), realHostName };
};

/** What a recording may say of its host: nothing that tells whose it is. */
export const recordedFacts = (): { readonly [fact: string]: string } => ({
  system: platform(),
  processors: String(availableParallelism()),
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});
