/**
 * DESIGN. A report that a schedule ordered is mailed once it is made, by way of the outbox. What was mailed stands in
 * the result of its job: that, the rows of the outbox and their event are written so that a kill anywhere repeats a
 * step. The event is written first and found again by its job, so every repeat has the same id; a delivery of the
 * same event to the same channel is one row.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { EventDraft, LoggedEvent } from "../../events/event.ts";
import type { EventLog } from "../../events/events_store.ts";
import type { Job } from "../../jobs/job.ts";
import type { Jobs } from "../../jobs/jobs.ts";
import { bytes } from "../../words/numbers.ts";
import { rangeWords } from "../range.ts";
import type { ReportResult } from "../report_worker.ts";
import { storedShape } from "../asked.ts";
import type { Schedule } from "./schedule.ts";

export interface MailingDeps {
  db: Pick<Database, "write">;
  clock: Pick<Clock, "now">;
  log: Log;
  /** The site's time zone, an IANA name. */
  zone: () => string;
  events: Pick<EventLog, "append" | "statement" | "list">;
  jobs: Pick<Jobs, "list" | "noted">;
  /** Mail channels that there are. */
  channels(): readonly { id: string; name: string }[];
  /** Puts the event into the outbox, for these channels; `also` is written with it. */
  mail(
    event: LoggedEvent,
    channels: readonly string[],
    also: readonly SqlStatement[],
  ): Promise<void>;
}

/** Reports of schedules that ended are looked for among so many of the newest. */
const LOOKED_AT = 100;

/** Mails what was made, and says what was not. `find` gives a schedule that is still there. */
export async function mailEnded(
  deps: MailingDeps,
  find: (id: string) => Schedule | null,
): Promise<void> {
  for (const state of ["done", "failed"] as const) {
    const { items } = await deps.jobs.list("report", { state, limit: LOOKED_AT });
    for (const job of items.reverse()) {
      const asked = storedShape.safeParse(job.options).data;
      if (asked?.schedule === undefined || job.result?.told === true) continue;
      const schedule = find(asked.schedule);
      if (state === "done" && schedule !== null) await mailOne(deps, job, schedule);
      else if (state === "failed") await sayFailed(deps, job, job.error ?? "it failed");
      else await deps.db.write([told(deps, job)]);
    }
  }
}

async function mailOne(deps: MailingDeps, job: Job, schedule: Schedule): Promise<void> {
  const channels = schedule.channels.filter((id) => deps.channels().some((one) => one.id === id));
  if (channels.length === 0) {
    return await sayFailed(deps, job, "it was made, but its mail channels are gone");
  }
  const subject = `report:${job.id}`;
  const made = async () =>
    (await deps.events.list({ subject, types: ["report.made"], limit: 1 })).items[0];
  let event = await made();
  if (event === undefined) {
    await deps.events.append(madeEvent(deps, job, schedule));
    event = await made();
  }
  await deps.mail(event, channels, [told(deps, job)]);
}

async function sayFailed(deps: MailingDeps, job: Job, why: string): Promise<void> {
  const draft = failedEvent(`report:${job.id}`, `${job.title}: ${why}`, deps.clock.now());
  await deps.db.write([deps.events.statement(draft), told(deps, job)]);
  deps.log.warn(draft.text, { event: draft.type, severity: draft.severity });
}

const told = ({ jobs }: MailingDeps, { id, result }: Job) =>
  jobs.noted(id, { ...result, told: true });

/** A scheduled report that is not there. */
export function failedEvent(
  subject: string,
  text: string,
  tMs: number,
  isTriedAgain = false,
): EventDraft {
  return {
    ...{ type: "report.failed", subject, severity: "warning", tMs, actor: null, route: true },
    text: `Scheduled report not made${isTriedAgain ? " yet" : ""}: ${text.replace(/\.$/, "")}`
      .slice(0, 1_000),
    body: {},
  };
}

function madeEvent(deps: MailingDeps, job: Job, schedule: Schedule): EventDraft {
  const zone = deps.zone();
  const { from_ms, to_ms, machines } = storedShape.parse(job.options);
  const { title, figures } = job.result as ReportResult;
  const { name, type, bytes: size } = job.file ?? { name: "", type: "", bytes: 0 };
  const range = rangeWords(from_ms, to_ms, zone);
  const heading = `${schedule.name}: ${title}, ${range}`;
  const section = {
    ...{ heading: "At a glance", quoted: null },
    items: figures.map(({ label, text }) => ({
      mark: null,
      title: `${label}: ${text}`,
      lines: [],
    })),
  };
  return {
    type: "report.made",
    subject: `report:${job.id}`,
    severity: "info",
    tMs: deps.clock.now(),
    text: `Scheduled report made: ${heading}`.slice(0, 1_000),
    actor: null,
    route: false,
    body: {
      file: { job: job.id, name, type, bytes: size },
      report: {
        badge: "Report",
        look: "info",
        title: heading,
        facts: [
          { label: "Range", value: `${range} (${zone})` },
          { label: "Machines", value: machines.length === 0 ? "all" : machines.join(", ") },
          { label: "File", value: name === "" ? "none" : `${name}, ${bytes(size)}` },
        ],
        sections: figures.length === 0 ? [] : [section],
      },
    },
  };
}
