/** How a file of history says from which site it is, so that an import knows one of another site. */
import { z } from "zod";

export const siteHeadShape = z.object({
  /** Random id of the plant (table `plant`): its name may change, this does not. */
  site: z.string().max(100),
  name: z.string().max(500),
});
export type SiteHead = z.output<typeof siteHeadShape>;

/**
 * The site that the first line of an NDJSON export names (`{"perch":{"site":…,"name":…}}`), or the beginning of a JSON
 * export, whose first line is the same without its end; null: the file names none.
 */
export function readSiteHead(firstLine: string): SiteHead | null {
  const text = firstLine.trim().replace(/^\uFEFF/, "").replace(/,$/, "}");
  if (!text.startsWith('{"perch":')) return null;
  try {
    const head = z.object({ perch: siteHeadShape }).safeParse(JSON.parse(text));
    return head.success ? head.data.perch : null;
  } catch {
    return null;
  }
}
