// Puts the story together: server, API, GPUs, kernel, and what happens to the sources themselves.
import { seededRandom } from '../real/ollama/random.ts';
import { pollApi } from './api-answers.ts';
import { createClockwork } from './clockwork.ts';
import { slownessOf } from './gpu-state.ts';
import { tellKernel } from './kernel-story.ts';
import { CLOCK_STEP, END_SECONDS, SEED } from './machine.ts';
import { createServer } from './server.ts';
import { tellSmi } from './smi-story.ts';
import { MOMENTS, tellStory } from './story.ts';
import { createTape, type Tape } from './tape.ts';

export const RECORDING = 'composed-two-gpus';
const START_SECONDS = -2;

const tellSources = (tape: Tape): void => {
  tape.notice('ollama', 0.000_5, 'opened', 'reading from the beginning');
  tape.notice('kernel', 0.000_7, 'opened', "reading the kernel's log");
  tape.notice('ollama', 331.3, 'rotated', 'the log was replaced by a new file; the old one was read to its end');
  tape.notice('ollama', 331.300_1, 'opened', 'reading from the beginning');
  tape.notice('ollama', 562.7, 'truncated', 'the log was cut to a shorter one; it is read from its beginning');
  tape.notice('ollama', 562.700_1, 'gap', 'lines that were written between the copy and the cut are lost', 1_318);
  tape.notice(
    'ollama',
    697.1,
    'deleted',
    'the log is no longer at its path; it is read on until another takes its place',
  );
  tape.notice('ollama', 698.4, 'rotated', 'the log was replaced by a new file; the old one was read to its end');
  tape.notice('ollama', 698.400_1, 'opened', 'reading from the beginning');
  const stepped = `the clock was set back by ${CLOCK_STEP.bySeconds.toFixed(1)} s; arrival times go on forward and converge on it`;
  tape.notice('dmon', CLOCK_STEP.atSeconds + 0.173, 'clock_step', stepped, CLOCK_STEP.bySeconds);
};

/** The files of the recording, by name; the same ones at every call. */
export const composed = (): ReadonlyMap<string, string> => {
  const tape = createTape();
  const clockwork = createClockwork(START_SECONDS);
  const random = seededRandom(SEED);
  const server = createServer({
    clockwork,
    random,
    say: (at, line) => tape.say('ollama', at, line),
    slowness: slownessOf,
  });
  const pids = { mistralPid: 0, llamaPid: 0 };
  clockwork.at(MOMENTS.pageFault - 0.001, () => {
    pids.mistralPid = server.pidOn('mistral');
  });
  clockwork.at(MOMENTS.lost - 0.001, () => {
    pids.llamaPid = server.pidOn('llama');
  });
  tellStory({ server, clockwork, random });
  pollApi(server, clockwork, tape);
  clockwork.run(END_SECONDS - 1);
  tellSmi(tape, server.lives, seededRandom(SEED + 1));
  tellKernel(tape, pids);
  tellSources(tape);
  const truth = { version: '0.34.4', scenario: 'composed', requests: server.seen };
  return new Map([...tape.files(), ['truth.json', `${JSON.stringify(truth, undefined, 1)}\n`]]);
};
