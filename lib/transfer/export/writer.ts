import { csvWriter } from "./formats/csv.ts";
import { jsonWriter, ndjsonWriter } from "./formats/json.ts";
import type { ExportHead, TableWriter } from "./table.ts";

/** The writer of a format; those with much to load are loaded here. `path` is for the one that needs a file. */
export async function writerOf(head: ExportHead, path: string | null): Promise<TableWriter> {
  switch (head.format) {
    case "csv":
      return csvWriter(head);
    case "json":
      return jsonWriter(head);
    case "ndjson":
      return ndjsonWriter(head);
    case "parquet":
      return await (await import("./formats/parquet.ts")).parquetWriter(head);
    case "sqlite":
      if (path === null) throw new TypeError("a SQLite file is written to a path");
      return (await import("./formats/sqlite_file_store.ts")).sqliteWriter(head, path);
  }
}
