/** How bringing the write-ahead log (WAL) into the database goes: pure decisions. */

/** What `PRAGMA wal_checkpoint` answers. */
export interface Checkpoint {
  /** Another connection kept it from finishing. */
  busy: boolean;
  /** Pages in the log. */
  pages: number;
  /** Pages of them that are in the database. */
  done: number;
}

/** What is known about the log. */
export interface LogState {
  /** Tries in a row after which pages were left in the log, or that failed. */
  stuck: number;
  /** Why, as the last of them reported. */
  cause: string;
}

export const FLOWING: LogState = { stuck: 0, cause: "" };
/** One try may meet somebody who reads the file. */
const STUCK_LEAST = 2;

/** After a try: its answer, or why it failed. */
export function afterCheckpoint(before: LogState, answer: Checkpoint | Error): LogState {
  if (answer instanceof Error) return { stuck: before.stuck + 1, cause: answer.message };
  if (!answer.busy && answer.done >= answer.pages) return FLOWING;
  const left = answer.pages - answer.done;
  return {
    stuck: before.stuck + 1,
    cause: `another program reads or holds the database: ${left} of ${answer.pages} pages wait`,
  };
}

/**
 * What the log may have while a database of that size is copied, and it cannot begin anew: a bound for any disk, or an
 * eighth of the database. So what writes a hundred kilobytes a second can be copied at one megabyte a second, however
 * large it has become.
 */
export function logMostBytes(databaseBytes: number, leastBytes: number): number {
  return Math.max(leastBytes, databaseBytes / 8);
}

export interface LogJudgement {
  /** What to say; null: all is well. */
  detail: string | null;
  /** The log has reached its bound: nothing more is accepted. */
  refuse: boolean;
}

/** What that means while the log has `walBytes`, of which `mostBytes` are allowed. */
export function judgeLog(state: LogState, walBytes: number, mostBytes: number): LogJudgement {
  if (state.stuck < STUCK_LEAST) return { detail: null, refuse: false };
  const refuse = walBytes >= mostBytes;
  return {
    detail:
      `The write-ahead log (${megabytes(walBytes)} MB) cannot be brought into the database: ` +
      `${state.cause}. ` +
      (refuse
        ? `It has reached its limit of ${megabytes(mostBytes)} MB: new readings are refused.`
        : `At ${megabytes(mostBytes)} MB new readings are refused.`),
    refuse,
  };
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
