// A log that a source follows while a test does to it what administrators, programs and disks do.
import { createFileSource, type FileSpec, POLL_MS } from '../../collectors/sources/file.ts';
import { createLogFolder } from '../collectors/sources/log-folder.ts';
import { createContext, createReader } from '../collectors/sources/reader.ts';

export const followLog = (spec: Partial<FileSpec> = {}) => {
  const log = createLogFolder();
  const { clock, arrivals } = createContext();
  const full: FileSpec = {
    name: 'ollama',
    dialect: 'ollama',
    path: log.path,
    startAt: 'beginning',
    hints: false,
    ...spec,
  };
  const source = createFileSource(full, { clock, arrivals });
  const reader = createReader(source, clock, POLL_MS);
  const finish = async (): Promise<void> => {
    await reader.close();
    log.remove();
  };
  return { log, clock, reader, finish };
};
