/** What corrections take from the rest of Perch. */
import type { AskModel } from "../../ai/ask.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { Audited } from "../../events/audit_change.ts";
import type { EventDraft } from "../../events/event.ts";
import type { ScriptRef } from "../../scripts/script.ts";
import type { Scripts } from "../../scripts/scripts.ts";
import type { Faults } from "../faults.ts";
import type { Counts } from "./health.ts";
import type { SettingPlace } from "./places.ts";
import type { Sample, TrialDeps } from "./trial.ts";

/** Who does it, and the audit row. */
export interface By {
  name: string;
  audited: Audited;
}

export interface CorrectionsDeps extends TrialDeps {
  db: Pick<Database, "query" | "write">;
  clock: Clock;
  log: Log;
  dataDir: string;
  events: { statement(draft: EventDraft): SqlStatement };
  /** For what Perch does by itself. */
  audited: Audited;
  faults: Pick<Faults, "get" | "open" | "resume" | "paused">;
  scripts: Pick<Scripts, "read" | "write" | "find">;
  /** What a script was last given, the oldest first: to try another text on. */
  samples(ref: ScriptRef, source: string): Promise<Sample[]>;
  settings: SettingPlace;
  /** Null without a key. */
  ask: AskModel | null;
  /** What each component has done since the start. */
  counts(): ReadonlyMap<string, Counts>;
  /** How long a correction is watched. */
  windowMs(): number;
  /** Time that deletions may rely on. */
  deletionMs(): number;
}
