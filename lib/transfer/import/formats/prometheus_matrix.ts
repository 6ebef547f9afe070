import { PerchError } from "../../../base/errors.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { jsonSegments } from "../json_items.ts";
import { quoted } from "../segment.ts";
import type { Names } from "./influx_values.ts";
import { addSample, namesOfMetric, timeOfSeconds } from "./prometheus_values.ts";

const SERIES = "$.data.result.*";

/** Prometheus' HTTP answer to `query_range` or `query`. */
export const prometheusMatrix: Readable = {
  id: "prometheus-matrix",
  title: "Prometheus, answer to a query (JSON)",

  detect(head) {
    const text = new TextDecoder().decode(head.subarray(0, 4096));
    return /^\s*\{/.test(text) &&
        /"resultType"\s*:\s*"(matrix|vector)"|"data"\s*:\s*\{\s*"result"\s*:\s*\[\s*\{\s*"metric"/
          .test(text)
      ? 1
      : /^\s*\{\s*"status"\s*:\s*"error"/.test(text)
      ? 0.6
      : 0;
  },

  inspect: (source, options) =>
    inspectByReading(prometheusMatrix, source, options, [
      "A query is worked out at its steps: these are not the values as they were measured.",
    ]),

  async *read(source, _options, cursor, signal, most?: number) {
    let names: Names | null = null;
    let series: string | number | undefined;
    const paths = ["$.error", `${SERIES}.metric`, `${SERIES}.values.*`, `${SERIES}.value`];
    yield* jsonSegments(
      { source, paths, cursor, signal, most },
      (segment, { path, value }, number) => {
        const [first, , at] = path;
        if (first === "error") {
          throw new PerchError("validation", `the query failed: ${quoted(String(value))}`);
        }
        if (at !== series) [series, names] = [at, null];
        if (path[3] === "metric") {
          names = namesOfMetric(value);
          return false;
        }
        if (segment === null) return true;
        const fault = names === null
          ? "no metric with labels stands before the values"
          : !Array.isArray(value) || value.length !== 2
          ? "the element is no pair of time and value"
          : addSample(segment, names, timeOfSeconds(value[0]), value[1]);
        if (fault !== null) segment.reject(number, fault);
        return true;
      },
    );
  },
};
