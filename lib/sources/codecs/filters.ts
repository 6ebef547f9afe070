/** MQTT topic filters: what they match, and which of them matches a topic. */

const FILTER_CHARS_MOST = 1_024;
const FILTERS_MOST = 32;

/** Whether a filter matches a topic (MQTT 5, 4.7): wildcards at the front match nothing that begins with `$`. */
export function matches(filter: string, topic: string): boolean {
  const levels = filter.split("/");
  const given = topic.split("/");
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  for (const [i, level] of levels.entries()) {
    if (level === "#") return true;
    if (i >= given.length || (level !== "+" && level !== given[i])) return false;
  }
  return levels.length === given.length;
}

/** Whether everything that `inner` matches is matched by `outer` as well. */
export function covers(outer: string, inner: string): boolean {
  const levels = outer.split("/");
  const given = inner.split("/");
  if (/^[+#]/.test(outer) && inner.startsWith("$")) return false;
  for (const [i, level] of levels.entries()) {
    if (level === "#") return true;
    if (i >= given.length || given[i] === "#") return false;
    if (level !== "+" && level !== given[i]) return false;
  }
  return levels.length === given.length;
}

/** What a codec exports as `topics`, checked; a sentence says what is wrong with it. */
export function filtersOf(exported: unknown): string[] | string {
  if (!Array.isArray(exported) || exported.length === 0 || exported.length > FILTERS_MOST) {
    return `topics is a list of 1 to ${FILTERS_MOST} MQTT filters`;
  }
  const wrong = exported.find((one) => typeof one !== "string" || !isFilter(one));
  if (wrong === undefined) return exported as string[];
  return `${JSON.stringify(wrong)?.slice(0, 60)} in topics is no MQTT filter`;
}

/** Filters that begin with `$` are the broker's own, and shared subscriptions. */
function isFilter(text: string): boolean {
  if (text === "" || text.length > FILTER_CHARS_MOST || text.startsWith("$")) return false;
  const levels = text.split("/");
  return levels.every((level, i) =>
    level === "+" || (level === "#" && i === levels.length - 1) || !/[+#\0]/.test(level)
  );
}

const CACHE_MOST = 16_384;
/** Longer topics are looked up each time: what is remembered stays within a few megabytes. */
const CACHED_CHARS_MOST = 256;

/** Finds whose a topic is; of several the first by name. Answers are remembered, at most 16 384 of them. */
export class TopicIndex<
  Owner extends { readonly name: string; readonly topics: readonly string[] },
> {
  readonly #owners: readonly Owner[];
  readonly #known = new Map<string, Owner | null>();

  constructor(owners: readonly Owner[]) {
    this.#owners = owners.toSorted((a, b) => a.name < b.name ? -1 : 1);
  }

  find(topic: string): Owner | null {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const found =
      this.#owners.find((owner) => owner.topics.some((filter) => matches(filter, topic))) ?? null;
    if (topic.length > CACHED_CHARS_MOST) return found;
    if (this.#known.size >= CACHE_MOST) this.#known.clear();
    this.#known.set(topic, found);
    return found;
  }
}
