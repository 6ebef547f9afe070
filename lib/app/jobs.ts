import { join } from "node:path";
import { createJobs, type Jobs } from "../jobs/jobs.ts";
import { jobNews } from "../jobs/shape.ts";
import type { StreamHub } from "../live/stream.ts";
import { DAY_MS } from "../words/times.ts";
import { roomNow } from "./backup.ts";
import type { Foundation } from "./foundation.ts";

const MOST_FILES = 50;

/** Long work; the rooms that do it register with it. */
export function createJobParts(
  foundation: Foundation,
  hub: Pick<StreamHub, "publish">,
): Jobs {
  const { config, clock, log, storage, settings, components, shedding } = foundation;
  const jobs = createJobs({
    db: storage.db,
    clock,
    log: log.child("jobs"),
    folder: join(config.dataDir, "jobs"),
    refusal: () => shedding.refusal("reports") ?? foundation.refusal(),
    room: () => roomNow(foundation),
    limits: () => ({
      keepMs: settings.get("jobs.keep_days") * DAY_MS,
      mostFiles: MOST_FILES,
      mostBytes: settings.get("jobs.most_mb") * 1e6,
    }),
    publish: (job) => hub.publish("job", jobNews(job)),
  });
  shedding.register({
    name: "reports",
    shed: () => jobs.rest(true),
    restore: () => jobs.rest(false),
  });
  components.register("jobs", () => {
    const { waiting, running, trouble } = jobs.counts();
    if (trouble !== null) return { health: "degraded", detail: trouble };
    if (shedding.isShed("reports") && waiting > 0) {
      return { health: "degraded", detail: `the host is in need; waiting: ${waiting}` };
    }
    const detail = running + waiting === 0 ? "nothing is under way" : `under way: ${running}` +
      (waiting === 0 ? "" : `, waiting: ${waiting}`);
    return { health: "ok", detail };
  });
  return jobs;
}
