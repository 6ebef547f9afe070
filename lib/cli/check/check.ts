import { messageOf, PerchError } from "../../base/errors.ts";

/**
 * `warn`: it works, but something is worth doing. `problem`: it does not, exit code 1. `unknown`: this host does not
 * say, or it was not tried.
 */
export type CheckState = "ok" | "unknown" | "warn" | "problem";

/** What one look found, and what to do about it. */
export interface Finding {
  name: string;
  state: CheckState;
  detail: string;
  /** Present unless all is well. */
  advice?: string;
}

/** A look at one thing. It may throw: that is a problem with the thrown sentence. */
export interface Check {
  name: string;
  /** Longest time it may take; default a minute. */
  deadlineMs?: number;
  run(): Promise<Omit<Finding, "name">[]>;
}

/** Runs checks one after the other, each for at most `timeoutMs`. */
export async function runChecks(
  checks: readonly Check[],
  onFinding: (finding: Finding) => void,
  timeoutMs = 60_000,
): Promise<Finding[]> {
  const all: Finding[] = [];
  for (const { name, deadlineMs, run } of checks) {
    for (const finding of await bounded(run, deadlineMs ?? timeoutMs)) {
      const named = { name, ...finding };
      all.push(named);
      onFinding(named);
    }
  }
  return all;
}

async function bounded(run: Check["run"], timeoutMs: number): Promise<Omit<Finding, "name">[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    const detail = messageOf(error);
    // Another node keeps the site: it is looked at there.
    const elsewhere = error instanceof PerchError && error.refusal?.kind === "taken";
    return elsewhere
      ? [{ state: "unknown", detail: detail.replace(/\.$/, "") }]
      : [{ state: "problem", detail }];
  } finally {
    clearTimeout(timer);
  }
}
