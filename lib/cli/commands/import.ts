import type { Command } from "../command.ts";

export const importCommand: Command = {
  name: "import",
  summary: "bring in history from another system; what is there already is not stored twice",
  words: [{ name: "FILE", help: "an export of another system, also packed with gzip" }],
  options: {
    format: { type: "string", value: "F", help: "instead of the one that is detected" },
    zone: { type: "string", value: "ZONE", help: "time zone of times that name none" },
    precision: { type: "string", value: "P", help: "what times count: ns, us, ms or s" },
    dates: { type: "string", value: "day|month", help: "what comes first in 02/03/2026" },
    delimiter: { type: "string", value: "D", help: "of a CSV file: , or ; or tab" },
    decimal: { type: "string", value: "point|comma", help: "decimal mark of a CSV file" },
    columns: {
      type: "string",
      value: "LIST",
      help: "of a CSV file, in order: time,sensor,value,unit,skip; value=NAME names its series",
    },
    "csv-format": {
      type: "string",
      value: "F",
      help: "of a CSV of VictoriaMetrics: the format that it was asked for",
    },
    map: {
      type: "string",
      value: "SERIES=MACHINE/SENSOR",
      help: "what a series becomes; may be given several times",
      many: true,
    },
    "map-file": {
      type: "string",
      value: "FILE",
      help: "the same for many: a CSV file with the columns series, sensor (empty: left out), unit",
    },
    skip: {
      type: "string",
      value: "SERIES",
      help: "a series that is left out; may be given several times",
      many: true,
    },
    others: {
      type: "string",
      value: "skip",
      help: "leave out what neither --map nor --map-file names",
    },
    "dry-run": { type: "boolean", help: "read all of it, count, and store nothing" },
    continue: { type: "boolean", help: "go on with the import of FILE that ended early" },
    site: {
      type: "string",
      value: "NAME",
      help: "name of the site that FILE is from, if it is another one",
    },
    yes: { type: "boolean", help: "do not ask" },
  },
  notes: [
    "Exit code 1: something was rejected, or it ended early; perch import FILE --continue goes on.",
  ],
  async run(context) {
    const { importHistory } = await import("../import_history.ts");
    return await importHistory(context);
  },
};
