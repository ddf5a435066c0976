// Every bound of the folds, with its reason. A bound that is hit is told, never silent.

/** Requests under way at once: OLLAMA_MAX_QUEUE is 512 by default, several servers may share a log. */
export const OPEN_REQUESTS_MAX = 4_096;
/** Models resident at once on one server: Ollama's own default is 3 per GPU. */
export const RUNNERS_MAX = 256;
/** GPUs of one host: the largest NVIDIA nodes have 16; MIG instances are counted with their GPU. */
export const GPUS_MAX = 64;
/** Lines kept back for one task until its request is known: a debug-level chat prints about 130. */
export const LINES_PER_TASK_MAX = 512;
/** A finished request waits this long for the runner's timing lines that can come after its access line (real: 13 ms). */
export const SETTLE_SECONDS = 0.3;
/** Faults stay joinable for this long after the request's end or the fault. */
export const FAULT_MEMORY_SECONDS = 30;
export const FAULTS_MAX = 256;
/** One incident is many Xid lines within a few seconds. */
export const INCIDENT_WINDOW_SECONDS = 5;
/** No sample for this long: the GPU's series end. Five intervals of the default 1 s, at least 5 s. */
export const GPU_STALE_SECONDS = 5;
/** Processes per GPU told by pmon. */
export const GPU_PROCESSES_MAX = 256;
/** Finished requests remembered for late faults. */
export const FINISHED_MEMORY_MAX = 4_096;
/** Named classes of lines per source: the tables have about a hundred. */
export const LINE_NAMES_MAX = 512;
