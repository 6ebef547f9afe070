import type { Database, SqlStatement } from "../../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../../db/orm.ts";
import { reportSchedules } from "../../db/schema/jobs.ts";
import { type Schedule, scheduledShape } from "./schedule.ts";

/** The table `report_schedules`. */
export interface ScheduleStore {
  /** By name. */
  all(): Promise<Schedule[]>;
  put(schedule: Schedule): SqlStatement;
  /** Its report for that time is ordered. */
  ordered(id: string, dueMs: number): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createScheduleStore(db: Pick<Database, "query">): ScheduleStore {
  const orm = createOrm(db);
  return {
    async all() {
      const rows = await orm.select().from(reportSchedules).orderBy(asc(reportSchedules.name));
      return rows.flatMap(({ options, ...row }) => {
        const { since_ms, ...report } = options;
        const known = scheduledShape.safeParse(report);
        // One that cannot be read any more is not sent; its row stays.
        return known.success ? [{ ...row, report: known.data, sinceMs: Number(since_ms) }] : [];
      });
    },
    put: ({ report, sinceMs, ...schedule }) =>
      statementOf(
        build.insert(reportSchedules)
          .values({ ...schedule, options: { ...report, since_ms: sinceMs } })
          .onConflictDoUpdate({
            target: reportSchedules.id,
            set: excluded(reportSchedules, ["name", "options", "cron", "channels", "enabled"]),
          }),
      ),
    ordered: (id, dueMs) =>
      statementOf(
        build.update(reportSchedules).set({ lastDueMs: dueMs }).where(eq(reportSchedules.id, id)),
      ),
    remove: (id) => statementOf(build.delete(reportSchedules).where(eq(reportSchedules.id, id))),
  };
}
