import type { Failure } from "./backups.ts";

/** What the event log says of a backup that failed. */
export function failureEvent({ code, sentence, atMs }: Failure) {
  return {
    type: "backup.failed" as const,
    subject: "backup",
    severity: "warning" as const,
    tMs: atMs,
    text: `The backup failed: ${sentence.replace(/\.$/, "")}`,
    actor: null,
    body: { code },
    // The alarm goes out.
    route: false,
  };
}
