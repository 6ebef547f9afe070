import type { Command } from "../command.ts";

export const report: Command = {
  name: "report",
  summary: "make a report of a stretch of time, as PDF, Excel workbook or CSV",
  options: {
    format: { type: "string", value: "pdf|xlsx|csv", help: "default pdf" },
    range: {
      type: "string",
      value: "RANGE",
      help: "yesterday, last_week, last_month or last_year, instead of --from and --to",
    },
    from: { type: "string", value: "TIME", help: "a day such as 2026-11-01, or a time" },
    to: { type: "string", value: "TIME", help: "the same, and no longer in it; default now" },
    machine: {
      type: "string",
      value: "PATH",
      help: "a machine or an area; may be given several times; default all",
      many: true,
    },
    sections: {
      type: "string",
      value: "LIST",
      help: "machines, alarms, predictions, sensors; default all",
    },
    title: { type: "string", value: "TEXT", help: "above everything" },
    "decimal-comma": { type: "boolean", help: "CSV with ; and decimal commas" },
    out: { type: "string", value: "FILE", help: "default: its own name, in this folder" },
  },
  notes: ["Days begin in the time zone of the site."],
  async run(context) {
    const { makeReport } = await import("../make_report.ts");
    return await makeReport(context);
  },
};
