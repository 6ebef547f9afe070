/** Forms of reports and schedules, and what they ask for. Pure. */
import { invalid } from "../../lib/reports/asked.ts";
import { REPORT_PARTS } from "../../lib/reports/order.ts";
import type { ScheduleJson } from "../../lib/reports/schedules/schedule.ts";
import { cronOf, type Every, everyOf } from "../../lib/reports/schedules/when.ts";
import { isTyped } from "../frame/form_action.ts";
import { meantRange } from "../frame/range.ts";
import { DAY_MS } from "../../lib/words/times.ts";

export type Values = Record<string, string>;

/** A form that was just opened. */
export const FRESH: Values = {
  range: "last_week",
  format: "pdf",
  every: "weekly",
  weekday: "1",
  day: "1",
  time: "06:00",
  enabled: "on",
  ...Object.fromEntries(REPORT_PARTS.map((part) => [`section.${part}`, "on"])),
};

const isOn = (values: Values, name: string) => values[name] === "on";

/** What the report holds, as the shape is to check it. */
function contentOf(values: Values) {
  const place = (values.place ?? "").trim();
  return {
    format: values.format,
    machines: place === "" ? [] : place.split(",").map((one) => one.trim()),
    sections: REPORT_PARTS.filter((part) => isOn(values, `section.${part}`)),
    title: values.title ?? "",
    decimal_comma: isOn(values, "decimal_comma"),
  };
}

/** An order; days that were filled count instead of the range. @throws PerchError `validation` for days that are none */
export function askedOfForm(values: Values, zone: string): unknown {
  const { range, ...days } = meantRange(values);
  if (range !== "custom" && !days.from && !days.to) return { ...contentOf(values), range };
  const from = dayMs(days.from, "from", zone), last = dayMs(days.to, "to", zone);
  // The last day counts, however many hours it has.
  return { ...contentOf(values), from, to: beginMs(last + 1.5 * DAY_MS, zone) };
}

function dayMs(text: string | undefined, name: string, zone: string): number {
  try {
    return Temporal.PlainDate.from(text ?? "").toZonedDateTime({ timeZone: zone })
      .epochMilliseconds;
  } catch {
    throw invalid(name, "choose a day");
  }
}

const beginMs = (tMs: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(tMs).toZonedDateTimeISO(zone).startOfDay()
    .epochMilliseconds;

/** A schedule, as the shape is to check it. */
export function scheduleOfForm(values: Values): unknown {
  return {
    name: values.name ?? "",
    cron: values.every === "cron" || values.cron?.trim() && isTyped(values, "cron")
      ? values.cron ?? ""
      : cronOf(everyOfForm(values)),
    report: { ...contentOf(values), range: values.range },
    channels: Object.keys(values)
      .filter((name) => name.startsWith("channel.") && isOn(values, name))
      .map((name) => name.slice("channel.".length)),
    enabled: isOn(values, "enabled"),
  };
}

/** @throws PerchError `validation` */
function everyOfForm(values: Values): Every {
  const { every, time = "" } = values;
  if (!/^\d\d:\d\d$/.test(time)) throw invalid("time", "choose a time");
  if (every === "monthly") return { every, time, day: Number(values.day) };
  if (every === "weekly") return { every, time, weekday: Number(values.weekday) };
  return { every: "daily", time };
}

export function formOfSchedule({ name, cron, report, channels, enabled }: ScheduleJson): Values {
  const when = everyOf(cron);
  const { format, range, machines, sections, title, decimal_comma } = report;
  const { every, ...at } = when ?? { every: "cron" };
  const typed = when === null ? cron : "";
  return {
    ...{ weekday: FRESH.weekday, day: FRESH.day, time: FRESH.time },
    ...{
      name,
      cron: typed,
      was_cron: typed,
      format,
      range,
      title,
      every,
      place: machines.join(", "),
    },
    ...Object.fromEntries(Object.entries(at).map(([key, value]) => [key, String(value)])),
    ...Object.fromEntries(sections.map((part) => [`section.${part}`, "on"])),
    ...Object.fromEntries(channels.map((id) => [`channel.${id}`, "on"])),
    ...(enabled ? { enabled: "on" } : {}),
    ...(decimal_comma ? { decimal_comma: "on" } : {}),
  };
}

/** Errors by the names of the form's fields. */
export function atFields(errors: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors).map(([path, message]) => {
      const name = path.replace(/^report\./, "").split(".")[0];
      return [name === "machines" ? "place" : name, message] as const;
    }),
  );
}
