/** How a job is, in words. */
export const JOB_WORDS = {
  waiting: "waiting",
  running: "under way",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
} as const;

/** What was counted so far: `120 000 rows, 3 files`. */
export function countWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, n]) => `${String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f")} ${name}`).join(", ");
}
