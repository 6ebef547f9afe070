/**
 * Lists of imports, beside the rows that say how far they are. Those before the present segment and before the one
 * before it are kept: the row of the importer moves on later than these.
 */
import { z } from "zod";
import type { Database } from "../../db/client.ts";
import { type Details, detailsShape, NO_DETAILS } from "./import_counts.ts";

const keptShape = z.array(detailsShape);

const nameOf = (importer: string) => `${importer} details`;

export async function readDetails(
  db: Pick<Database, "query">,
  importer: string,
  segment: string | null,
): Promise<Details> {
  const { rows } = await db.query({
    sql: "SELECT cursor FROM imports WHERE name = ?",
    args: [nameOf(importer)],
  });
  if (rows.length === 0) return NO_DETAILS;
  const kept = keptShape.parse(JSON.parse(String(rows[0][0])));
  return kept.find((one) => one.segment === segment) ?? NO_DETAILS;
}

export async function writeDetails(
  db: Pick<Database, "write">,
  importer: string,
  kept: readonly Details[],
): Promise<void> {
  await db.write([{
    sql: "INSERT OR REPLACE INTO imports (name, cursor, stored, repeated) VALUES (?, ?, 0, 0)",
    args: [nameOf(importer), JSON.stringify(kept)],
  }]);
}

/** Rows of imports, but for `present`, that are done or whose jobs are gone: nobody goes on with them. */
export async function forgetOver(db: Pick<Database, "write">, present: string): Promise<void> {
  const goesOn = "SELECT id FROM jobs WHERE kind = 'import' AND state <> 'done'";
  const continued = "SELECT json_extract(options, '$.continues') FROM jobs " +
    "WHERE kind = 'import' AND state <> 'done' AND json_extract(options, '$.continues') IS NOT NULL";
  await db.write([{
    // Names with a number behind `last` are no importers (lib/readings/importer_store.ts).
    sql:
      "DELETE FROM imports WHERE name NOT LIKE 'last %' AND replace(name, ' details', '') NOT IN " +
      `(SELECT ? UNION ${goesOn} UNION ${continued})`,
    args: [present],
  }]);
}
