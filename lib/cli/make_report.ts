import { resolve } from "node:path";
import { momentOfText } from "../base/epoch.ts";
import { PerchError } from "../base/errors.ts";
import { fieldErrors, fieldWords } from "../base/field_words.ts";
import type { JobJson } from "../jobs/shape.ts";
import { askedShape, type ReportAsked } from "../reports/asked.ts";
import { bytes } from "../words/numbers.ts";
import { type CommandContext, type ExitCode, type Flags, UsageError } from "./command.ts";
import type { Control } from "./control.ts";
import { openForJobs } from "./jobs_offline.ts";
import { progressLines } from "./progress.ts";
import { withControl } from "./with_control.ts";

const POLL_MS = 100;

/** What `perch report` does: orders a report, follows it, and copies its file to where it is wanted. */
export async function makeReport(context: CommandContext): Promise<ExitCode> {
  const { flags, config } = context;
  // What cannot be understood anywhere is refused before anything is opened.
  askedOf(flags, "UTC");
  return await withControl<ExitCode>(config(), "report", openForJobs, async (control) => {
    const asked = askedOf(flags, await control.siteZone());
    const job = await follow(context, control, await control.orderReport({ asked }));
    if (job.state !== "done") {
      throw new PerchError("conflict", job.error ?? `The report was ${job.state}.`);
    }
    const { path, name } = await control.reportFile({ id: job.id });
    const to = await copied(path, flags.text("out") ?? name, flags.has("out"));
    say(context, job, to);
    return 0;
  });
}

/** @throws UsageError that names the option */
function askedOf(flags: Flags, zone: string): ReportAsked {
  const sections = flags.text("sections");
  const given = {
    format: flags.text("format"),
    range: flags.text("range"),
    from: timeOf(flags, "from", zone),
    to: timeOf(flags, "to", zone),
    machines: flags.texts("machine"),
    sections: sections === undefined ? undefined : sections.split(",").map((one) => one.trim()),
    title: flags.text("title"),
    decimal_comma: flags.has("decimal-comma"),
  };
  const result = askedShape.safeParse(given, { error: fieldWords });
  if (result.success) {
    if (given.range !== undefined || given.from !== undefined) return result.data;
    throw new UsageError("give --from (and --to), or --range");
  }
  const [{ path, message }] = fieldErrors(result.error.issues, askedShape);
  throw new UsageError(`--${path.split(".")[0].replace("machines", "machine")}: ${message}`);
}

/** A day is its beginning in the zone. @throws UsageError */
function timeOf(flags: Flags, name: string, zone: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text)
    ? beginOf(text, zone)
    : momentOfText(text)?.(Date.now()) ?? null;
  if (ms !== null) return ms;
  throw new UsageError(
    `--${name} is "${text}": give a day such as 2026-11-01, a time such as ` +
      "2026-11-01T10:00Z, now, or so long ago as -7d",
  );
}

function beginOf(day: string, zone: string): number | null {
  try {
    return Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone }).epochMilliseconds;
  } catch {
    return null;
  }
}

/** Until it ends; Ctrl-C cancels it. */
async function follow(
  { terminal }: CommandContext,
  control: Control,
  { id }: JobJson,
): Promise<JobJson> {
  const say = progressLines(terminal);
  const cancel = () => void control.cancelReport({ id }).catch(() => {});
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, cancel);
  try {
    for (;;) {
      const job = await control.reportJob({ id });
      const { state, progress } = job;
      if (state !== "waiting" && state !== "running") return job;
      if (state === "waiting") say({ stage: "Waiting for its turn", share: 0 });
      else if (progress !== null) say({ stage: progress.words, share: progress.share ?? 0 });
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, cancel);
  }
}

/** Under its own name nothing that is there is overwritten. @throws PerchError */
async function copied(from: string, name: string, mayOverwrite: boolean): Promise<string> {
  const to = resolve(name);
  try {
    using source = await Deno.open(from);
    const target = await Deno.open(to, {
      write: true,
      create: true,
      truncate: true,
      createNew: !mayOverwrite,
    });
    await source.readable.pipeTo(target.writable);
    return to;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new PerchError("validation", `${to} is there already: give --out FILE.`);
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new PerchError("storage_failed", `${to} cannot be written: ${why}`, { cause: error });
  }
}

function say({ terminal, json }: CommandContext, job: JobJson, path: string): void {
  const size = job.file?.bytes ?? 0;
  terminal.out(json ? JSON.stringify({ ...job, path }) : `${path} (${bytes(size)})`);
}
