/** Pure: whether the intake gets ahead, from one look to the next. */
export interface IntakeLook {
  atMs: number;
  /** Groups that were committed. */
  groups: number;
  /** Readings that wait. */
  queued: number;
  /** Why nothing is stored at the moment; somebody knows and says so. Null: it could be. */
  failing: string | null;
}

export interface IntakeProgress {
  last: IntakeLook;
  /** Since when readings wait and no group was committed; null: it gets ahead. */
  stalledSinceMs: number | null;
}

export function intakeProgress(before: IntakeProgress | null, look: IntakeLook): IntakeProgress {
  const waits = look.queued > 0 && look.failing === null;
  const moved = before === null || before.last.groups !== look.groups;
  if (!waits || moved || before.last.queued === 0) return { last: look, stalledSinceMs: null };
  return { last: look, stalledSinceMs: before.stalledSinceMs ?? before.last.atMs };
}

/** What the database worker is to show before the next sign of life. */
export interface Proof {
  /** A write that reached the disk this long ago is old enough to ask for another one. */
  writeAfterMs: number;
}

/** An idle database is written to this often, at most. */
const IDLE_WRITE_MS = 15 * 60_000;
/** Readings that wait are written sooner than this, unless somebody holds the database. */
const WAITING_WRITE_MS = 2_000;

/**
 * How recent the last commit has to be. While readings come it is not older than the last sign of life; while some
 * wait, or storing fails, it is seconds old: whoever holds the database is noticed at once, not a sign of life later.
 */
export function proofFor(
  { busy, waiting }: { busy: boolean; waiting: boolean },
  periodMs: number,
): Proof {
  const busyMs = busy ? periodMs : IDLE_WRITE_MS;
  return { writeAfterMs: waiting ? Math.min(WAITING_WRITE_MS, busyMs) : busyMs };
}
