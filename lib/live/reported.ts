/**
 * How other programs say they are doing. A report holds until the next one; a program that says how long it holds and
 * is not heard from for that time counts as offline.
 *
 * DESIGN. In memory, and in the database when something changed. Reports that say the same are written every ten
 * minutes at most: a program that reports every few seconds must not wear the card. Silence is measured on the
 * process's own time, so that no step of the host's clock ends it or stretches it; after a restart a program has its
 * whole time again, for while Perch was away nobody could hear it.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createTurns } from "../base/turns.ts";
import { onWire } from "../base/wire.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { ownName } from "../events/external.ts";
import type { ComponentHealth, ComponentState } from "./components.ts";
import { type Report, type Reported, reportedShape, type ReportedState } from "./reported_shape.ts";
import { createReportedStore } from "./reported_store.ts";

/** Names that may report. */
export const REPORTED_MOST = 100;
const WRITE_EVERY_MS = 10 * 60_000;
const HEALTH: Record<ReportedState, ComponentHealth> = {
  online: "ok",
  degraded: "degraded",
  error: "error",
  offline: "error",
};

export interface ReportedComponents {
  load(): Promise<void>;
  all(): readonly Reported[];
  /** As parts among the others. */
  states(): ComponentState[];
  /** @throws `conflict` for the name of a part of Perch, and when there are too many names */
  report(name: string, report: Report, by: string): Promise<void>;
  /** Those that have been silent for too long are offline from now on. */
  expire(): Promise<void>;
  /** Forgets one, until it reports again. @throws `not_found` */
  remove(name: string, audited: Audited): Promise<void>;
  /** Writes what was heard since the last time. */
  store(): Promise<void>;
}

export function createReportedComponents(
  { db, clock, isBuiltIn, timeText, onChange }: {
    db: Database;
    clock: Clock;
    isBuiltIn: (name: string) => boolean;
    /** A time in the site's zone. */
    timeText: (tMs: number) => string;
    /** Something of it changed, after COMMIT. */
    onChange: (state: ComponentState) => void;
  },
): ReportedComponents {
  const store = createReportedStore(db);
  const known = new Map<string, Known>();
  const oneAtATime = createTurns();

  const heard = (reported: Reported): Known => ({
    reported,
    heardMs: clock.monotonic(),
    writtenMs: clock.monotonic(),
  });
  const own = () => [...known.values()].filter(({ reported }) => !isBuiltIn(reported.name));
  const stateOf = (one: Known) => stateAt(one, clock.now(), clock.monotonic());

  function refuse(name: string): void {
    if (isBuiltIn(name)) {
      const message = ownName(name);
      throw new PerchError("conflict", message, { errors: [{ path: "name", message }] });
    }
    if (known.has(name) || known.size < REPORTED_MOST) return;
    throw new PerchError(
      "conflict",
      `"${name}" would be the ${REPORTED_MOST + 1}st program that reports, at most ` +
        `${REPORTED_MOST} are possible; remove one with DELETE /api/components/{name}`,
    );
  }

  async function change(next: Reported): Promise<void> {
    await db.write([store.put(next)]);
    const now = heard(next);
    known.set(next.name, now);
    onChange(stateOf(now));
  }

  return {
    async load() {
      for (const reported of await store.all()) known.set(reported.name, heard(reported));
    },
    all: () => own().map(({ reported }) => reported),
    states: () => own().map(stateOf),
    report: (name, report, by) =>
      oneAtATime(async () => {
        refuse(name);
        const before = known.get(name);
        const next = reportedOf(name, report, by, clock.now(), before?.reported);
        if (before === undefined || differs(before.reported, next)) return await change(next);
        before.reported = next;
        before.heardMs = clock.monotonic();
        if (before.heardMs - before.writtenMs < WRITE_EVERY_MS) return;
        await db.write([store.put(next)]);
        before.writtenMs = clock.monotonic();
      }),
    expire: () =>
      oneAtATime(async () => {
        for (const { reported, heardMs } of own()) {
          const { expiresMs, state, reportedMs } = reported;
          if (expiresMs === null || isExpired(reported)) continue;
          if (clock.monotonic() - heardMs < expiresMs) continue;
          await change({
            ...reported,
            state: "offline",
            detail: `not heard from since ${timeText(reportedMs)}; it was ${state} then`,
            // Whatever the host's clock does meanwhile: `isExpired` reads it so.
            sinceMs: Math.max(clock.now(), reportedMs + 1),
          });
        }
      }),
    remove: (name, audited) =>
      oneAtATime(async () => {
        const resource = `component:${name}`;
        const before = known.get(name);
        if (before === undefined) {
          const message = `no program reports as "${name.slice(0, 80)}"`;
          throw new PerchError("not_found", message, { about: [resource] });
        }
        const { state, detail } = before.reported;
        await db.write([
          store.remove(name),
          audited({ action: "component.remove", resource, before: { state, detail } }),
        ]);
        known.delete(name);
      }),
    async store() {
      const late = own().filter(({ heardMs, writtenMs }) => heardMs > writtenMs);
      if (late.length === 0) return;
      await db.write(late.map(({ reported }) => store.put(reported)));
      for (const one of late) one.writtenMs = one.heardMs;
    },
  };
}

interface Known {
  reported: Reported;
  /** On the process's own time. */
  heardMs: number;
  writtenMs: number;
}

function reportedOf(
  name: string,
  { state, detail, expires_s, queue, failed, tries, successes }: Report,
  by: string,
  nowMs: number,
  before: Reported | undefined,
): Reported {
  return {
    name,
    state,
    detail: detail ?? "",
    reporter: by,
    reportedMs: nowMs,
    sinceMs: before?.state === state ? Math.min(before.sinceMs, nowMs) : nowMs,
    expiresMs: expires_s === undefined ? null : expires_s * 1000,
    queue: queue ?? null,
    failed: failed ?? null,
    tries: tries ?? null,
    successes: successes ?? null,
  };
}

function differs(a: Reported, b: Reported): boolean {
  const same =
    (["state", "detail", "reporter", "expiresMs", "queue", "failed", "tries", "successes"] as const)
      .every((key) => a[key] === b[key]);
  return !same;
}

/** It fell silent: it is in its state since after what it last reported. */
function isExpired({ sinceMs, reportedMs }: Reported): boolean {
  return sinceMs > reportedMs;
}

const wireOf = onWire<Reported>(reportedShape);

/** Its silence is measured on the process's own time; when it ends is told in that of the host. */
function stateAt({ reported, heardMs }: Known, nowMs: number, processMs: number): ComponentState {
  const { name, state, detail, sinceMs, expiresMs } = reported;
  const endMs = isExpired(reported)
    ? sinceMs
    : expiresMs === null
    ? null
    : Math.round(nowMs + heardMs + expiresMs - processMs);
  return {
    name,
    health: HEALTH[state],
    detail: detail === "" ? `It says that it is ${state}.` : detail,
    reported: wireOf({ ...reported, expiresMs: endMs }) as ComponentState["reported"],
  };
}
