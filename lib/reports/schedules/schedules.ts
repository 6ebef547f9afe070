import { messageOf, PerchError } from "../../base/errors.ts";
import { randomId } from "../../base/ids.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurns } from "../../base/turns.ts";
import { createWake } from "../../base/wake.ts";
import type { Clock } from "../../base/clock.ts";
import type { Database } from "../../db/client.ts";
import type { AuditChange, Audited } from "../../events/audit_change.ts";
import type { Job } from "../../jobs/job.ts";
import type { Jobs } from "../../jobs/jobs.ts";
import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import { checkContent, invalid } from "../asked.ts";
import type { Reports } from "../reports.ts";
import { failedEvent, mailEnded, type MailingDeps } from "./mailing.ts";
import type { NewSchedule, Schedule, ScheduleChange, ScheduleJson } from "./schedule.ts";
import { createScheduleStore } from "./schedule_store.ts";
import { cronFault, dueMs, nextMs } from "./when.ts";

export interface SchedulesDeps extends Omit<MailingDeps, "db" | "clock" | "jobs"> {
  db: Database;
  clock: Clock;
  jobs: Pick<Jobs, "list" | "noted" | "onEnd">;
  reports: Pick<Reports, "order" | "machines">;
  /** Since when the site's time zone is what it is. */
  zoneSinceMs: () => number;
  /** Perch itself, as the audit log knows it. */
  audited: Audited;
}

/** Reports by schedule. */
export interface Schedules {
  load(): Promise<void>;
  /** By name. */
  all(): Promise<ScheduleJson[]>;
  /** @throws PerchError `not_found` */
  find(id: string): Schedule;
  /** @throws PerchError `validation`, `conflict` */
  add(given: NewSchedule, audited: Audited): Promise<ScheduleJson>;
  /** @throws PerchError `not_found`, `validation`, `conflict` */
  change(id: string, given: ScheduleChange, audited: Audited): Promise<ScheduleJson>;
  /** @throws PerchError `not_found` */
  remove(id: string, audited: Audited): Promise<void>;
  /** Makes and mails one as of now. @throws PerchError `not_found`, and what ordering throws */
  sendNow(id: string, by: string, audited: Audited): Promise<Job>;
  /** Mail channels that there are. */
  channels(): readonly { id: string; name: string }[];
  /** How many are on, and what is wrong with them. */
  state(): { on: number; trouble: string | null };
  readonly task: Task;
}

const MOST = 50;
const IDLE_MS = 24 * HOUR_MS;
const LAST_LOOKED_AT = 100;

export function createSchedules(deps: SchedulesDeps): Schedules {
  const { db, clock, log, zone, jobs, reports } = deps;
  const store = createScheduleStore(db);
  const wake = createWake(clock);
  const inTurn = createTurns();
  let schedules: Schedule[] = [];
  /** Why what is due of a schedule is not ordered yet. */
  const troubles = new Map<string, string>();
  let hasEnded = true;

  function find(id: string): Schedule {
    const schedule = schedules.find((one) => one.id === id);
    if (schedule !== undefined) return schedule;
    throw new PerchError("not_found", `there is no schedule "${id.slice(0, 80)}"`);
  }

  /** Of a change what changes: one whose channel or machine is gone can still be paused. */
  function check<T extends ScheduleChange>(given: T, self: string | null): T {
    const taken = schedules.find(({ id, name }) => name === given.name && id !== self);
    if (taken !== undefined) {
      const message = `there is a schedule "${given.name}" already`;
      throw new PerchError("conflict", message, { errors: [{ path: "name", message }] });
    }
    const fault = given.cron === undefined ? null : cronFault(given.cron, zone(), clock.now());
    if (fault !== null) throw invalid("cron", fault);
    given.channels?.forEach((wanted, i) => {
      if (deps.channels().some(({ id }) => id === wanted)) return;
      throw invalid(`channels.${i}`, `there is no mail channel "${wanted.slice(0, 40)}"`);
    });
    if (given.report === undefined) return given;
    const { range, ...content } = given.report;
    return { ...given, report: { ...checkContent(content, reports.machines()), range } };
  }

  async function put(schedule: Schedule, audited: Audited, change: Omit<AuditChange, "resource">) {
    const { id } = schedule;
    await db.write([
      store.put(schedule),
      audited({ ...change, resource: `report_schedule:${id}` }),
    ]);
    schedules = [...schedules.filter((one) => one.id !== id), schedule]
      .sort((a, b) => a.name < b.name ? -1 : 1);
    troubles.delete(id);
    wake.now();
    return viewOf(schedule, await lastJobs());
  }

  async function add(given: NewSchedule, audited: Audited): Promise<ScheduleJson> {
    if (schedules.length >= MOST) {
      throw new PerchError("conflict", `more than ${MOST} schedules are not possible`);
    }
    const nowMs = clock.now();
    const made = { id: randomId(12), createdMs: nowMs, sinceMs: nowMs, lastDueMs: null };
    const schedule = { ...check(given, null), ...made };
    return await put(schedule, audited, {
      action: "report_schedule.create",
      after: shown(schedule),
      adds: ["report_schedules"],
    });
  }

  async function change(
    id: string,
    given: ScheduleChange,
    audited: Audited,
  ): Promise<ScheduleJson> {
    const before = find(id);
    const schedule = { ...before, ...check(given, id) };
    const isOther = schedule.cron !== before.cron || (schedule.enabled && !before.enabled);
    if (isOther) schedule.sinceMs = clock.now();
    return await put(schedule, audited, {
      action: "report_schedule.update",
      before: shown(before),
      after: shown(schedule),
    });
  }

  async function remove(id: string, audited: Audited): Promise<void> {
    const before = find(id);
    await db.write([
      store.remove(id),
      audited({
        action: "report_schedule.delete",
        resource: `report_schedule:${id}`,
        before: shown(before),
      }),
    ]);
    schedules = schedules.filter((one) => one.id !== id);
    troubles.delete(id);
  }

  /** The time of which a report is due and not ordered; null: none is. */
  function dueOf({ cron, enabled, sinceMs, lastDueMs }: Schedule): number | null {
    const nowMs = clock.now();
    if (!enabled) return null;
    // One from the future was made by a wrong clock and does not count.
    const last = lastDueMs !== null && lastDueMs <= nowMs + HOUR_MS ? lastDueMs : 0;
    // What another time zone makes due in the past was made in the one before, or was never to come.
    const since = Math.min(Math.max(sinceMs, deps.zoneSinceMs()), nowMs);
    return dueMs(cron, zone(), { sinceMs: Math.max(last, since), nowMs });
  }

  async function orderDue(schedule: Schedule): Promise<void> {
    const { id, report, name } = schedule;
    const due = dueOf(schedule);
    if (due === null) return void troubles.delete(id);
    const ordered = store.ordered(id, due);
    try {
      await reports.order(report, `schedule ${name}`, deps.audited, {
        ...{ schedule: id, asOfMs: due, also: [ordered] },
      });
      troubles.delete(id);
    } catch (error) {
      const isForGood = error instanceof PerchError && error.code === "validation";
      const draft = failedEvent(
        `report_schedule:${id}`,
        `${name}: ${messageOf(error)}`,
        clock.now(),
        !isForGood,
      );
      if (isForGood) await db.write([ordered, deps.events.statement(draft)]);
      else if (!troubles.has(id)) await deps.events.append(draft);
      if (!troubles.has(id)) log.warn(draft.text, { event: draft.type, severity: draft.severity });
      if (!isForGood) return void troubles.set(id, messageOf(error));
    }
    schedule.lastDueMs = due;
  }

  async function look(): Promise<void> {
    for (const schedule of schedules) await inTurn(() => orderDue(schedule));
    if (!hasEnded || schedules.length === 0) return;
    hasEnded = false;
    try {
      await mailEnded(deps, (id) => schedules.find((one) => one.id === id) ?? null);
    } catch (error) {
      hasEnded = true;
      throw error;
    }
  }

  /** The job of the newest report of each schedule. */
  async function lastJobs(): Promise<Map<string, ScheduleJson["last"]>> {
    const { items } = await jobs.list("report", { limit: LAST_LOOKED_AT });
    return new Map(
      items.reverse().map(({ id, state, options }) =>
        [String(options.schedule), { id, state }] as const
      ),
    );
  }

  function viewOf(schedule: Schedule, last: Map<string, ScheduleJson["last"]>): ScheduleJson {
    const { id, createdMs, lastDueMs, cron, enabled } = schedule;
    return {
      ...{ id, ...shown(schedule) },
      created_ms: createdMs,
      next_ms: enabled ? nextMs(cron, zone(), clock.now()) : null,
      last_due_ms: lastDueMs,
      last: last.get(id) ?? null,
      trouble: troubles.get(id) ?? null,
    };
  }

  jobs.onEnd(({ kind, options }) => {
    if (kind !== "report" || options.schedule === undefined) return;
    hasEnded = true;
    wake.now();
  });

  return {
    load: async () => void (schedules = await store.all()),
    async all() {
      const last = schedules.length === 0 ? new Map() : await lastJobs();
      return schedules.map((one) => viewOf(one, last));
    },
    find,
    add: (...given) => inTurn(() => add(...given)),
    change: (...given) => inTurn(() => change(...given)),
    remove: (...given) => inTurn(() => remove(...given)),
    async sendNow(id, by, audited) {
      const { report } = find(id);
      return await reports.order(report, by, audited, { schedule: id });
    },
    channels: deps.channels,
    state: () => ({
      on: schedules.filter(({ enabled }) => enabled).length,
      trouble: [...troubles.values()][0] ?? null,
    }),
    task: {
      name: "report schedules",
      async run(signal) {
        for (;;) {
          await look();
          const isAny = schedules.some(({ enabled }) => enabled);
          await wake.sleep(isAny ? MINUTE_MS : IDLE_MS, signal);
        }
      },
    },
  };
}

/** As the audit log and the API show it. */
function shown({ name, cron, report, channels, enabled }: NewSchedule) {
  return { name, cron, report, channels, enabled };
}
