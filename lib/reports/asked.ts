/** What people and schedules ask for, and what becomes of it: checked, and with times instead of names. */
import { z } from "zod";
import { momentInBody, momentMs } from "../base/epoch.ts";
import { PerchError } from "../base/errors.ts";
import { isUnder } from "../machines/machine.ts";
import { type NamedMachine, placeMeant } from "../machines/places.ts";
import { DAY_MS } from "../words/times.ts";
import { REPORT_PARTS, type ReportOrder } from "./order.ts";
import { rangeAsOf, rangeWords, REPORT_RANGES } from "./range.ts";
import { REPORT_FORMATS } from "./render/formats.ts";

/** What a report holds, whatever its range. */
export const contentShape = z.strictObject({
  format: z.enum(REPORT_FORMATS).default("pdf"),
  machines: z.array(z.string().min(1).max(500)).max(200).default([])
    .describe("paths of machines or areas; empty: all of the plant"),
  sections: z.array(z.enum(REPORT_PARTS)).min(1, "choose at least one").max(REPORT_PARTS.length)
    .default([...REPORT_PARTS]),
  title: z.string().trim().max(120).default(""),
  decimal_comma: z.boolean().default(false)
    .describe("CSV for spreadsheets that are set to German, French or Spanish"),
});
export type ReportContent = z.output<typeof contentShape>;

/** An order by times or by a name. */
export const askedShape = contentShape.extend({
  range: z.enum(REPORT_RANGES).optional().describe("instead of `from` and `to`"),
  from: momentInBody.describe("epoch ms, ISO 8601 or -7d"),
  to: momentInBody.describe("exclusive; default now"),
}).meta({ id: "ReportOrder" });
export type ReportAsked = z.output<typeof askedShape>;

/** As the job keeps it. */
export const storedShape = contentShape.extend({
  from_ms: z.number(),
  to_ms: z.number(),
  schedule: z.string().optional().describe("id of the schedule that ordered it"),
  due_ms: z.number().optional(),
});
export type StoredAsked = z.output<typeof storedShape>;

const MOST_DAYS = 3_660;

/** @throws PerchError `validation`, naming the field, the value and what is allowed */
export function checkAsked(
  { range, from, to, ...content }: ReportAsked,
  known: { nowMs: number; zone: string; machines: readonly NamedMachine[] },
): StoredAsked {
  const { fromMs, toMs } = boundsOf({ range, from, to }, known);
  if (fromMs >= toMs) {
    throw invalid("from", `${iso(fromMs)} is not before ${iso(toMs)}, where it ends`);
  }
  if (fromMs > known.nowMs) throw invalid("from", `${iso(fromMs)} is still to come`);
  if (toMs - fromMs > MOST_DAYS * DAY_MS) {
    const days = Math.round((toMs - fromMs) / DAY_MS);
    throw invalid("to", `that is ${days} days; a report covers ten years at most: order several`);
  }
  return { ...checkContent(content, known.machines), from_ms: fromMs, to_ms: toMs };
}

/** @throws PerchError `validation` */
export function checkContent(
  content: ReportContent,
  machines: readonly NamedMachine[],
): ReportContent {
  const meant = content.machines.map((wanted, i) =>
    machines.some(({ path }) => isUnder(path, wanted))
      ? wanted
      : placeMeant(wanted, machines, `machines.${i}`)
  );
  return {
    ...content,
    machines: [...new Set(meant)],
    sections: REPORT_PARTS.filter((part) => content.sections.includes(part)),
  };
}

function boundsOf(
  { range, from, to }: Pick<ReportAsked, "range" | "from" | "to">,
  { nowMs, zone }: { nowMs: number; zone: string },
): { fromMs: number; toMs: number } {
  if (range !== undefined) {
    if (from === undefined && to === undefined) return rangeAsOf(range, nowMs, zone);
    throw invalid("range", "a range stands for `from` and `to`: give one or the other");
  }
  const fromMs = momentMs(from, nowMs);
  if (fromMs === undefined) throw invalid("from", `give from and to, or a range: ${names}`);
  return { fromMs: Math.trunc(fromMs), toMs: Math.trunc(momentMs(to, nowMs) ?? nowMs) };
}

const iso = (tMs: number) => new Date(tMs).toISOString();
const names = REPORT_RANGES.join(", ");

/** What the pages of the report are made from. */
export function orderOf(stored: StoredAsked, orderedMs: number): ReportOrder {
  const { from_ms, to_ms, machines, sections, title } = stored;
  return {
    fromMs: from_ms,
    toMs: to_ms,
    orderedMs,
    machines,
    parts: sections,
    title: title === "" ? null : title,
  };
}

/** `2026-11, PDF`: what lists call it. */
export function titleOf({ from_ms, to_ms, title, format }: StoredAsked, zone: string): string {
  const range = rangeWords(from_ms, to_ms, zone);
  return `${title === "" ? "Report" : title} ${range}, ${format.toUpperCase()}`;
}

/** The same for the same report: `perch-hall-3-2026-11.pdf`. */
export function fileNameOf(
  { from_ms, to_ms, machines, format }: StoredAsked,
  { site, zone }: { site: string; zone: string },
): string {
  const which = machines.length === 1 ? [machines[0].replaceAll("/", "-")] : [];
  const range = rangeWords(from_ms, to_ms, zone).replaceAll(":", "").replaceAll(" ", "-");
  return `${["perch", site, ...which, range].join("-")}.${format}`;
}

export function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
