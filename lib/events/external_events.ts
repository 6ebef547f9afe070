import type { Clock } from "../base/clock.ts";
import { type FieldError, PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Severity } from "../words/severity.ts";
import type { ExternalType } from "./event.ts";
import type { EventLog } from "./events_store.ts";
import {
  EXTERNAL_TYPES,
  externalDraft,
  type ExternalEvent,
  ownName,
  type Reporter,
  timeOf,
} from "./external.ts";
import type { ReportLimits } from "./report_limits.ts";

/** Takes what other programs report into the event log. */
export interface ExternalEvents {
  /**
   * Resolves once they are in the log, all or none.
   * @param several they came as a list: the refusal names the place in it
   * @throws `validation`, `rate_limited`, `conflict` for the name of a part of Perch, and when there are too many types
   */
  take(
    given: readonly ExternalEvent[],
    by: Reporter,
    options?: { several?: boolean; keep?: (answer: Accepted) => SqlStatement },
  ): Promise<Accepted>;
  /** Types of other programs' own, as they stand in the log, by name. */
  ownTypes(): Promise<string[]>;
}

export interface Accepted {
  accepted: number;
}

/** Types of other programs' own: lists and counts by type stay readable. */
export const OWN_TYPES_MOST = 100;

export function createExternalEvents(
  { db, log, limits, clock, isBuiltIn, routed }: {
    db: Pick<Database, "write">;
    log: Pick<EventLog, "statement" | "typesOf">;
    limits: ReportLimits;
    clock: Clock;
    /** A part of Perch has that name. */
    isBuiltIn: (name: string) => boolean;
    /** Somebody wants to be told of such an event. */
    routed: (type: ExternalType, severity: Severity) => boolean;
  },
): ExternalEvents {
  let known: Promise<Set<string>> | null = null;
  const usual = EXTERNAL_TYPES.map((type) => `external.${type}`);
  const types = () =>
    known ??= log.typesOf("external").then(
      (found) => new Set([...usual, ...found]),
      (error) => (known = null, Promise.reject(error)),
    );

  function timesOf(given: readonly ExternalEvent[], nowMs: number, several: boolean): number[] {
    const errors: FieldError[] = [];
    const times = given.map(({ ts }, i) => {
      const tMs = timeOf(ts, nowMs);
      if (typeof tMs === "number") return tMs;
      errors.push({ path: several ? `${i}.ts` : "ts", message: tMs });
      return 0;
    });
    refuse("validation", errors);
    return times;
  }

  function refuseOwnNames(given: readonly ExternalEvent[], several: boolean): void {
    const errors = given.flatMap(({ component }, i) =>
      component !== undefined && isBuiltIn(component)
        ? [{ path: several ? `${i}.component` : "component", message: ownName(component) }]
        : []
    );
    refuse("conflict", errors);
  }

  function refuse(code: "validation" | "conflict", errors: FieldError[]): void {
    const [first] = errors;
    if (first === undefined) return;
    throw new PerchError(code, `${first.path}: ${first.message}`, { errors: errors.slice(0, 20) });
  }

  async function refuseNewTypes(wanted: ReadonlySet<string>): Promise<void> {
    const known = await types();
    const fresh = [...wanted].filter((type) => !known.has(type));
    const own = known.size - EXTERNAL_TYPES.length;
    if (fresh.length === 0 || own + fresh.length <= OWN_TYPES_MOST) return;
    const name = fresh[0].slice("external.".length);
    throw new PerchError(
      "conflict",
      `type: "${name}" would be one type of event too many: there are ${own} of other programs' own, ` +
        `at most ${OWN_TYPES_MOST} are possible; use one of them, or ${EXTERNAL_TYPES.join(", ")}`,
      { errors: [{ path: "type", message: `at most ${OWN_TYPES_MOST} types of one's own` }] },
    );
  }

  return {
    ownTypes: async () => [...await types()].filter((type) => !usual.includes(type)).sort(),
    async take(given, by, { several = false, keep } = {}) {
      const times = timesOf(given, clock.now(), several);
      refuseOwnNames(given, several);
      const drafts = given.map((one, i) => externalDraft(one, times[i], by, routed));
      const wanted = new Set(drafts.map(({ type }) => type));
      limits.admit(by, given.length);
      await refuseNewTypes(wanted);
      const { statement, giveBack } = await limits.reserve(by, given.length);
      const answer = { accepted: given.length };
      try {
        const rows = drafts.map((draft) => log.statement(draft));
        await db.write([...rows, statement, ...(keep === undefined ? [] : [keep(answer)])]);
      } catch (error) {
        giveBack();
        throw error;
      }
      const all = await types();
      for (const type of wanted) all.add(type);
      return answer;
    },
  };
}
