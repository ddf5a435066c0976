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
/**
 * A live row whose GPU has no lasting name yet waits for one, so that a receiver does not count the GPU twice for the five
 * minutes it remembers a series. At the start the first answer to `--query-gpu` comes within a second; a host may have none.
 */
export const NAME_WAIT_AT_START_SECONDS = 2;
/** After dmon or the driver began anew the next row of the running query brings the names: every 30 s. */
export const NAME_WAIT_SECONDS = 35;
/** Processes per GPU told by pmon. */
export const GPU_PROCESSES_MAX = 256;
/** Finished requests remembered for late faults. */
export const FINISHED_MEMORY_MAX = 4_096;
/** Named classes of lines per source: the tables have about a hundred. */
export const LINE_NAMES_MAX = 512;
/** Access lines joined in one assignment: 0.5 s of 128 requests per second, far beyond one host's generation rate. */
export const JOIN_WINDOW_MAX = 64;
/** Tasks that compete in one assignment: four for each access line, more only when hundreds end within a second. */
export const JOIN_TASKS_MAX = 256;

/** Power samples kept per GPU for the energy of requests: 17 minutes at 1 Hz, longer than any answer at the default time-outs. */
export const POWER_HISTORY_MAX = 1_024;
/** Distances between samples that set the sampling interval: the middle of nine shrugs off one late row. */
export const INTERVALS_KEPT = 9;
/** A hole of more intervals than this between two power samples is told and holds no energy. */
export const GAP_INTERVALS = 5;
/** The idle floor is the lowest mean over this long: shorter ones catch dips that no idle GPU keeps. */
export const IDLE_WINDOW_SECONDS = 10;
/** `sm` above this is work. Idle desktops read 10 to 40 % at low clocks. */
export const IDLE_SM_PERCENT_MAX = 40;
/** A throttle flag seen at two queries says nothing about a hole longer than this between them. */
export const FLAG_INTERVAL_SECONDS_MAX = 120;
/** A row that was still in the pipe when its GPU was lost is no recovery. */
export const LOST_RECOVERY_SECONDS = 5;
/** `--query-gpu` is asked every 30 to 60 s: what a GPU known only from it may be silent between two rows at first. */
export const QUERY_INTERVAL_SECONDS = 60;
/** pmon's longest interval is 10 s: a process not seen for one and a half has gone. */
export const PMON_GONE_SECONDS = 15;
/** `--query-compute-apps` is asked every 60 s at most. */
export const APPS_GONE_SECONDS = 150;
/** A closed request is held at least this long for faults, so on the tick grid at most 0.4 s. */
export const FAULT_HOLD_SECONDS = 0.15;
/** Kernel time and request bounds come from different clocks and processes: a fault this near counts, with less confidence. */
export const FAULT_SLACK_SECONDS = 1;
/** What a fault drags behind it on its GPU: channel removals and escalation came up to 43 s after the first record. */
export const AFTERMATH_SECONDS = 60;
/** A GPU that needs a reset says so again and again (GSP time-outs every 6 or 45 s, minutes apart): one incident. */
export const REPEAT_SECONDS = 3_600;
/** A runner that dies this soon after a fault on its GPU died of it: CUDA reports at the next call, dumps take seconds. */
export const CRASH_AFTER_FAULT_SECONDS = 10;
/** Moments at which one incident struck, merged while nearer than a second; more than this are widened into one. */
export const STRIKES_MAX = 64;
/** Links to requests less sure than this are not made. */
export const FAULT_CONFIDENCE_MIN = 0.2;
/** Energy is told when at least this share of the request's working time was sampled. */
export const ENERGY_COVERED_MIN = 0.8;
/** Other requests looked at when one request's energy is shared out: OLLAMA_NUM_PARALLEL is 1 to 4 by default, 3 models per GPU. */
export const SHARERS_MAX = 64;
/** Changes in the number of requests under way kept for sharing. */
export const UNDER_WAY_CHANGES_MAX = 1_024;
/** Runners remembered after their end: their requests' access lines come within seconds, a swap storm ends a few per second. */
export const RUNNERS_ENDED_MAX = 32;
/** Blobs whose model name is remembered: a host holds tens of models, each with a few tags. */
export const MODEL_NAMES_MAX = 4_096;
/** GPUs told by discovery, with their ids of every era. */
export const GPU_IDS_MAX = 256;
/** GPUs selected this long before a start command belong to that load: the lines stand next to each other. */
export const PLACEMENT_SECONDS = 5;
/** Lines that Ollama prints twice (started, no longer running) come within this. */
export const STARTED_TWICE_SECONDS = 2;
/** An eviction and the unload it causes, a device error and the crash it explains: VRAM recovery is waited for up to 5 s. */
export const EVICTION_SECONDS = 15;
/** `/api/ps` may have been asked before a load that the log already told: a runner this young is not judged by it. */
export const LISTED_SECONDS = 2;
/** Runner processes seen only by their tasks, in a log that starts in the middle. */
export const LANES_MAX = 64;
/** A launch this soon after a slot came free was waiting for it (measured: 1–3 ms). */
export const SLOT_WAIT_SECONDS = 0.1;
/** Structured output: the second half starts right after the first is cancelled; prompts are templated anew in between. */
export const SECOND_HALF_SECONDS = 0.25;
/** A task without an access line is given up after this: access lines come within milliseconds, stalled pipes within a second or two. */
export const UNCLAIMED_SECONDS = 5;
/** A prompt that was cut is looked for in the tasks of this long: the two lines stand milliseconds apart. */
export const TRUNCATION_SECONDS = 2;
/** Lines about a coming failure or truncation kept for the request they explain. */
export const EVIDENCE_MAX = 256;
/** Distinct codes listed per incident: the driver knows 176. */
export const CODES_MAX = 64;
/** Times carried over from a neighbour are good to about a second: a request of a bare file waits for that and a little more. */
export const COARSE_SETTLE_SECONDS = 1.5;
/** A request whose task is still running when it settles (a cancel in a long batch) waits once more, this long. */
export const PATIENCE_SECONDS = 2;
/** A model's name comes 0 to 0.2 s after «started in»; a load is told without one after this. */
export const NAME_SECONDS = 0.5;
