import { nameFault } from "../../machines/names.ts";
import type { Fault, Place } from "./dialect.ts";
import { pathOf } from "./level.ts";

/** Topics that Perch subscribes to unless others are configured. */
export const DEFAULT_TOPICS: readonly string[] = ["factory/#", "edge/#", "sensors/+/telemetry"];

const CACHE_MOST = 16_384;
/** Longer topics are read each time: what is remembered stays within a few megabytes. */
const CACHED_CHARS_MOST = 256;

/**
 * Returns the function that finds a topic's place. Known roots are `factory`, `edge`,
 * `sensors/<sensor>/telemetry`, and the first level of every filter in `topics`; a filter that begins
 * with a wildcard makes the whole topic the path. Results are remembered, at most 16 384 of them.
 */
export function createPlaceOf(
  topics: readonly string[] = DEFAULT_TOPICS,
): (topic: string) => Place | Fault {
  const roots = new Set(["factory", "edge"]);
  let anyRoot = false;
  for (const filter of topics) {
    const root = filter.split("/")[0];
    if (root === "#" || root === "+") anyRoot = true;
    else if (root !== "sensors") roots.add(root);
  }
  const known = new Map<string, Place | Fault>();
  return (topic) => {
    const seen = known.get(topic);
    if (seen !== undefined) return seen;
    const place = placeOf(topic, roots, anyRoot);
    if (topic.length > CACHED_CHARS_MOST) return place;
    if (known.size >= CACHE_MOST) known.clear();
    known.set(topic, place);
    return place;
  };
}

function placeOf(topic: string, roots: ReadonlySet<string>, anyRoot: boolean): Place | Fault {
  if (topic.startsWith("$")) {
    return { code: "bad_topic", message: "topics that begin with $ belong to the broker" };
  }
  // Bytes that are no UTF-8 arrive as U+FFFD.
  if (topic.includes("\ufffd")) {
    return { code: "bad_encoding", message: "the topic is not valid UTF-8" };
  }
  const path = pathOf(topic);
  const levels = path.split("/");
  if (levels[0] === "sensors" && levels.length === 3 && levels[2] === "telemetry") {
    return named(`default/${levels[1]}`);
  }
  if (roots.has(levels[0]) && levels.length > 1) return named(path.slice(levels[0].length + 1));
  if (anyRoot) return named(path);
  return {
    code: "bad_topic",
    message: "Perch does not read this topic; it reads factory/<area>/<machine>/<sensor>, " +
      "edge/…, sensors/<sensor>/telemetry",
  };
}

function named(path: string): Place | Fault {
  const namesSensor = path.includes("/");
  // A machine alone is checked as if it had a sensor.
  const fault = nameFault(namesSensor ? path : `${path}/x`);
  if (fault === null) return { path, namesSensor };
  const empty = path.split("/").some((level) => level.trim() === "");
  return empty
    ? { code: "bad_topic", message: "a level of the topic is empty" }
    : { code: "bad_name", message: fault };
}
