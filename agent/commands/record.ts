// `record FOLDER`: a run that keeps everything it reads, masked, with arrival times; its replay tells the same.
import type { CommandFunction } from '../command.ts';
import { follow } from './run.ts';

export const record: CommandFunction = (context) => follow(context, context.paths[0]);
