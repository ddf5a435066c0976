// What the join compares: access lines and the tasks of the runners, as plain numbers. Times are milliseconds on one scale
// (the caller's); a request knows its end and its length, a task its launch and, when it came to one, its end.

export type JoinRequest = {
  readonly endMs: number;
  /** From the access line, exact below a minute. */
  readonly latencyMs: number;
  /** Resolution of the printed latency: 1000 from one minute on. */
  readonly latencyStepMs: number;
  /** How well `endMs` is known: about the arrival jitter of a live log, a second for a bare file. */
  readonly jitterMs: number;
  /** Number of the line among all records: what is left of order when times are coarse. */
  readonly order: number;
  /** Which stream it stood in: order says nothing between two streams. */
  readonly stream: string;
  /** Where in that stream it stood. */
  readonly position: number;
  readonly embedding: boolean;
  /** 400 and above: a task that never ended, or was cancelled, is what one expects. */
  readonly failed: boolean;
  /** Log-odds price of leaving it without a task: high where every request has one, low where it may have none. */
  readonly aloneCost: number;
  /** Key of the runner, where a DEBUG line named it. */
  readonly runner?: string;
};

export type TaskEnd = 'ended' | 'cancelled' | 'died' | 'open';

export type JoinTask = {
  readonly launchedMs: number;
  /** Arrival of its last timing or release line; absent while open and for a runner that died. */
  readonly endedMs?: number;
  /** As the runner measured it, launch to last token; absent without timings. */
  readonly totalMs?: number;
  readonly end: TaskEnd;
  readonly jitterMs: number;
  /** Number of its last timing or release line. */
  readonly order: number;
  readonly stream: string;
  /** False for tasks without generated tokens (embeddings). */
  readonly generated: boolean;
  readonly runner?: string;
  /** Where the line stood that began that runner's load. */
  readonly loadPlace?: { readonly stream: string; readonly position: number };
  /** When a slot of a full runner came free for it, right before the launch. */
  readonly freedMs?: number;
  /** When the runner's load ended, however long ago: requests older than that waited for it. */
  readonly loadedMs?: number;
  /** Launch of the cancelled first half of the same request (structured output on a thinking model). */
  readonly firstHalfMs?: number;
};
