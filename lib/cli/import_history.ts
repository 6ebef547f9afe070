import { resolve } from "node:path";
import { PerchError } from "../base/errors.ts";
import type { JobJson } from "../jobs/shape.ts";
import { confirmSite } from "../transfer/import/confirm_site.ts";
import type { ImportOptions } from "../transfer/import/format.ts";
import {
  type ImportOrder,
  importOrderSchema,
  type ImportPreview,
  type ImportResult,
  type MappedSeries,
} from "../transfer/import/imports.ts";
import { grouped } from "../words/numbers.ts";
import { shellWord } from "../words/shell.ts";
import { dateTime } from "../words/times.ts";
import { columns } from "./columns.ts";
import { type CommandContext, type ExitCode, UsageError } from "./command.ts";
import type { Control } from "./control.ts";
import { FLAG_OF, mappingOf, optionsOf } from "./import_flags.ts";
import { openForJobs } from "./jobs_offline.ts";
import { progressLines } from "./progress.ts";
import { withControl } from "./with_control.ts";

const POLL_MS = 200;
const ROWS_SHOWN = 5;
const SERIES_SHOWN = 20;
const LINES_SHOWN = 10;

/** What `perch import` does: shows what the file is, asks, and follows the import to its end. */
export async function importHistory(context: CommandContext): Promise<ExitCode> {
  const { flags, config } = context;
  const file = resolve(flags.word("FILE")!);
  if (flags.has("continue") && flags.has("dry-run")) {
    throw new UsageError("--continue goes on with an import, --dry-run imports nothing");
  }
  oneOther(flags.text("others"));
  const asked = { options: optionsOf(flags), mapping: await mappingOf(flags) };
  return await withControl(config(), "import", openForJobs, async (control) => {
    const ordered = flags.has("continue")
      ? await continued(control, file)
      : await orderOf(context, control, file, asked);
    if (ordered === null) return 1;
    return await follow(context, control, ordered);
  });
}

function oneOther(others: string | undefined): void {
  if (others === undefined || others === "skip" || others === "suggested") return;
  throw new UsageError(`--others is "${others}": give skip, or leave it out`);
}

/** The order that ended early. @throws PerchError `not_found`, `conflict` */
async function continued(control: Control, file: string): Promise<ImportOrder> {
  const last = await control.lastImport({ path: file });
  if (last === null) throw new PerchError("not_found", `${file} was not imported before.`);
  if (last.state !== "cancelled" && last.state !== "failed") {
    const how = last.state === "done" ? "was imported to its end" : "is being imported";
    throw new PerchError("conflict", `${file} ${how}: there is nothing to go on with.`);
  }
  const order = importOrderSchema.parse(last.options);
  return { ...order, continues: order.continues ?? last.id };
}

/** What was given with the command. */
interface Asked {
  options: ImportOptions & { format?: string };
  mapping: MappedSeries[];
}

/** Shows what the file is and asks; null: it is not to be imported. @throws PerchError, UsageError */
async function orderOf(
  context: CommandContext,
  control: Control,
  file: string,
  { options: given, mapping }: Asked,
): Promise<ImportOrder | null> {
  const { flags, terminal } = context;
  const { preview, site, name } = await control.inspectImport({ path: file, options: given });
  for (const line of previewLines(preview, await control.siteZone())) terminal.err(line);
  if (preview.questions.length > 0) {
    throw new PerchError("validation", "something has to be said first", {
      errors: preview.questions.map(({ field, message }) => ({
        path: field,
        message: `${message.replace(/[.:]?$/, ":")} give ${FLAG_OF[field]}.`,
      })),
    });
  }
  const isDry = flags.has("dry-run");
  if (!isDry && site.foreign) {
    const typed = flags.text("site");
    if (typed === undefined) {
      throw new PerchError(
        "validation",
        `${name} is of another site, ${site.name}. If its readings are to come here, give --site ${
          shellWord(site.name)
        }.`,
      );
    }
    confirmSite(typed, site);
  }
  if (!isDry && !mayGoOn(context)) return null;
  const { format: _, ...asked } = given;
  return {
    ...{ file, name, format: preview.format, mapping, dry_run: isDry },
    options: { ...asked, ...preview.options },
    others: flags.text("others") === "skip" ? "skip" : "suggested",
  };
}

function mayGoOn({ terminal, flags }: CommandContext): boolean {
  if (flags.has("yes")) return true;
  if (terminal.isKeyboard) {
    if (prompt("Type yes to import it:") === "yes") return true;
    terminal.err("Nothing was imported.");
    return false;
  }
  terminal.err("Nobody can be asked here: run it again with --yes.");
  return false;
}

function previewLines(preview: ImportPreview, zone: string): string[] {
  const { candidates, format, options, rows, mapping, notes } = preview;
  const title = candidates.find(({ id }) => id === format)?.title ?? format;
  const asRead = Object.entries(options)
    .filter(([name, value]) => name !== "columns" && value !== undefined)
    .map(([name, value]) => `${FLAG_OF[name as keyof typeof FLAG_OF].slice(2)} ${value}`);
  const first = rows.slice(0, ROWS_SHOWN).map(({ key, tMs, value, unit }) => [
    dateTime(tMs, zone),
    key,
    unit === null ? String(value) : `${value} ${unit}`,
  ]);
  const series = mapping.slice(0, SERIES_SHOWN).map(({ key, sensor, isNew, unit, problem }) => [
    key,
    `-> ${sensor}`,
    problem ?? [isNew ? "new" : "there", unit ?? ""].join(" ").trim(),
  ]);
  const more = mapping.length - series.length;
  return [
    `${title}${asRead.length === 0 ? "" : ` (${asRead.join(", ")})`}`,
    ...notes,
    ...(first.length === 0 ? [] : ["", `First readings (${zone}):`, columns(first)]),
    ...(series.length === 0 ? [] : ["", "Series in the first rows:", columns(series)]),
    ...(more > 0 ? [`and ${grouped(more)} more`] : []),
    "",
  ].map(printable);
}

/** Text of a file cannot move the cursor or colour what follows. */
// deno-lint-ignore no-control-regex
const printable = (line: string) => line.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "?");

/** Orders it and follows it; Ctrl-C cancels it. */
async function follow(
  { terminal, json }: CommandContext,
  control: Control,
  order: ImportOrder,
): Promise<ExitCode> {
  const say = progressLines(terminal);
  const { id } = await control.beginImport({ order });
  let isCancelling = false;
  const cancel = () => {
    if (isCancelling) return;
    isCancelling = true;
    terminal.err("Cancelling …");
    control.cancelImport({ id }).catch(() => {});
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, cancel);
  try {
    for (;;) {
      const job = await control.importJob({ id });
      const { state, progress } = job;
      if (state !== "waiting" && state !== "running") {
        return end(terminal, json, order, { job, zone: await control.siteZone() });
      }
      if (state === "waiting") say({ stage: "Waiting for its turn", share: 0 });
      else say({ stage: progress?.words ?? "Reading", share: progress?.share ?? 0 });
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, cancel);
  }
}

function end(
  terminal: CommandContext["terminal"],
  json: boolean,
  order: ImportOrder,
  { job, zone }: { job: JobJson; zone: string },
): ExitCode {
  const result = job.result as ImportResult | null;
  if (json) {
    const { id, state, error } = job;
    terminal.out(JSON.stringify({ id, state, error, result }));
  }
  if (job.state !== "done" || result === null) {
    const why = job.state === "cancelled" ? "It was cancelled." : job.error ?? "It failed.";
    terminal.err(why);
    if (!order.dry_run) {
      terminal.err(
        `What was imported stays. This goes on: perch import ${shellWord(order.file)} --continue`,
      );
    }
    return 1;
  }
  if (!json) { for (const line of summaryLines(result, zone)) terminal.out(line); }
  return result.rejected > 0 ? 1 : 0;
}

function summaryLines(result: ImportResult, zone: string): string[] {
  const { dry_run, read, stored, repeated, empty, skipped, rejected, rejected_lines } = result;
  const { from_ms, to_ms } = result;
  const range = from_ms === null || to_ms === null
    ? []
    : [`From ${dateTime(from_ms, zone)} to ${dateTime(to_ms, zone)}.`];
  const counts = [
    ["lines read", read],
    [dry_run ? "to be stored" : "stored", stored],
    ["there already", repeated],
    ["without a value", empty],
    ["left out", skipped],
    ["rejected", rejected],
    [dry_run ? "sensors would be new" : "new sensors", result.new_sensors],
  ] as const;
  return [
    ...counts.map(([name, n]) => `${grouped(n)} ${name}`),
    ...range,
    ...rejected_lines.slice(0, LINES_SHOWN).map(({ line, reason }) => `line ${line}: ${reason}`),
    ...(rejected > LINES_SHOWN ? [`and ${grouped(rejected - LINES_SHOWN)} more`] : []),
    ...(dry_run ? ["Nothing was stored."] : []),
  ].map(printable);
}
