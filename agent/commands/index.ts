// The commands by name, loaded when called: `check` need not load exporters.
import type { CommandFunction } from '../command.ts';
import type { Command } from '../settings-table.ts';

export const commandOf = async (command: Command): Promise<CommandFunction> => {
  switch (command) {
    case 'run':
      return (await import('./run.ts')).run;
    case 'record':
      return (await import('./record.ts')).record;
    case 'replay':
      return (await import('./replay.ts')).replay;
    case 'check':
      return (await import('./check.ts')).check;
    case 'doctor':
      return (await import('./doctor.ts')).doctor;
    case 'stack':
      return (await import('./stack.ts')).stack;
    case 'query':
      return (await import('./query.ts')).query;
    case 'trace':
      return (await import('./trace.ts')).trace;
    case 'docs':
      return (await import('./docs.ts')).docs;
  }
};
