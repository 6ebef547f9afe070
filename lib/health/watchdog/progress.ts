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

/** While readings come, or writing failed, the last commit has to be recent. */
export function proofFor(busy: boolean, periodMs: number): Proof {
  return { writeAfterMs: busy ? periodMs : IDLE_WRITE_MS };
}
