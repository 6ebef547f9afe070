import type { Database, SqlStatement } from "../../db/client.ts";
import {
  build,
  columnsBut,
  createOrm,
  eq,
  excluded,
  placeholders,
  prepared,
  statementOf,
} from "../../db/orm.ts";
import { customDetectors } from "../../db/schema/detect.ts";

/** A detector as it was saved. */
export type SavedDetector = typeof customDetectors.$inferSelect;

/** The name of a detector among the readers of the journal. */
export function readerOf(name: string): string {
  return `custom:${name}`;
}

/** Names of the detectors of which something is kept. */
export async function savedDetectors(db: Pick<Database, "query">): Promise<string[]> {
  const rows = await createOrm(db).select({ name: customDetectors.name }).from(customDetectors);
  return rows.map(({ name }) => name);
}

export async function loadDetector(
  db: Pick<Database, "query">,
  name: string,
): Promise<SavedDetector | null> {
  const [row] = await createOrm(db).select().from(customDetectors)
    .where(eq(customDetectors.name, name));
  return row ?? null;
}

export const putDetector = prepared<SavedDetector>(
  build.insert(customDetectors).values(placeholders(customDetectors)).onConflictDoUpdate({
    target: customDetectors.name,
    set: excluded(customDetectors, columnsBut(customDetectors, ["name"])),
  }),
);

export function removeDetector(name: string): SqlStatement {
  return statementOf(build.delete(customDetectors).where(eq(customDetectors.name, name)));
}
