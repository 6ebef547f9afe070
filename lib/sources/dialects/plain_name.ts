import { isFault } from "./dialect.ts";
import { createPlaceOf } from "./topic.ts";

/**
 * The sensor under which the plain dialects keep what comes on a topic of Perch's own (`factory/…`, `edge/…`,
 * `sensors/<sensor>/telemetry`): the value at `path` of its JSON, or the whole payload. Null for all other topics,
 * also where a filter like `#` makes them readable.
 */
export function createPlainName(): (
  topic: string,
  path: readonly (string | number)[] | null,
) => string | null {
  const placeOf = createPlaceOf([]);
  return (topic, path) => {
    const place = placeOf(topic);
    if (isFault(place)) return null;
    const key = path?.join(".") ?? "";
    if (key === "" || key === "value") return place.namesSensor ? place.path : null;
    return `${place.path}/${key}`;
  };
}
