/** What is asked for at a broker elsewhere on behalf of dialects and codecs. */
import { covers, matches } from "../codecs/filters.ts";
import type { DeviceDialect } from "./device.ts";

/** Exact topics that are asked for; further ones are not heard. */
export const TOPICS_MOST = 10_000;

/** Filters and exact topics of dialects that `asked` does not cover anyway, each once. */
export function deviceTopics(
  dialects: readonly DeviceDialect[],
  asked: readonly string[],
): string[] {
  const filters = [...new Set(dialects.flatMap((one) => one.filters))]
    .filter((one) => !asked.some((outer) => covers(outer, one)));
  const needed = filters.filter((one) =>
    !filters.some((outer) => outer !== one && covers(outer, one))
  );
  const wide = [...asked, ...needed];
  const exact = new Set<string>();
  for (const dialect of dialects) {
    for (const topic of dialect.topics?.() ?? []) {
      if (exact.size >= TOPICS_MOST) break;
      if (!exact.has(topic) && !wide.some((filter) => matches(filter, topic))) exact.add(topic);
    }
  }
  return [...needed, ...exact];
}
