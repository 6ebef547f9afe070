/** What is asked of a history server, a VictoriaMetrics: its own HTTP API, through the one way out. */
import { messageOf } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import type { BucketSums } from "../readings/buckets.ts";
import type { ReadingColumns } from "../readings/onward.ts";
import { DAY_MS } from "../words/times.ts";
import { encodeWrite, type SeriesBlock } from "./remote_write.ts";

/** Where it is, and who Perch is there. */
export interface HistoryPlace {
  /** Without a trailing slash, user and password. */
  url: string;
  /** `Authorization` of each request; null: none. */
  authorization: string | null;
  /** It stands in the environment, so whoever owns the host chose it. */
  trusted: boolean;
}

/** What a server says of itself; null: it does not say. */
export interface ServerFacts {
  /** How long it keeps what it is sent. */
  keepsMs: number | null;
  /** It throws away readings that stand close together. */
  dropsDuplicates: boolean;
  /** What it has on its disk, of everybody. */
  bytes: number | null;
  rows: number | null;
}

/** Which series: the values of labels, a list for any of several. */
export type Selector = Readonly<Record<string, string | readonly string[]>>;

interface Range {
  fromMs: number;
  /** Exclusive. */
  toMs: number;
}

export interface HistoryServer {
  facts(signal?: AbortSignal): Promise<ServerFacts>;
  write(blocks: readonly SeriesBlock[], signal?: AbortSignal): Promise<void>;
  /** Makes what was written findable at once. False: this server does not do that, so wait. */
  flush(signal?: AbortSignal): Promise<boolean>;
  count(of: Selector, range: Range, signal?: AbortSignal): Promise<number>;
  /** Readings of a range in time order; of series that overlap, one after the other. */
  readings(of: Selector, range: Range, signal?: AbortSignal): Promise<ReadingColumns>;
  /** Adds buckets of a range. Widths are whole seconds, or the readings themselves are asked for. */
  addBuckets(sums: BucketSums, of: Selector, range: Range, signal?: AbortSignal): Promise<void>;
  /** Removes whole series. */
  remove(of: Selector, signal?: AbortSignal): Promise<void>;
}

/** `Authorization` of a token, else of user and password (RFC 7617, UTF-8); null: of neither. "" is none. */
export function authorizationOf(
  { token, user, password }: { token: string; user: string; password: string },
): string | null {
  if (token !== "") return `Bearer ${token}`;
  if (user === "") return null;
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/** How long a server keeps readings, in words. */
export function keptFor(ms: number): string {
  const years = Math.floor(ms / (365 * DAY_MS));
  return years >= 2 ? `${years} years` : `${Math.floor(ms / DAY_MS)} days`;
}

/** Why there is no answer, in a sentence for people. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}

export const METRIC = "perch_reading";
const TIMEOUT_MS = 15_000;
const WRITE_MS = 30_000;
const ANSWER_BYTES = 64 * 1024 * 1024;
const SHOWN_CHARS = 200;
/** Buckets of one question; a server answers at most 30 000. */
const BUCKETS_MOST = 10_000;

export function createHistoryServer(
  deps: { outgoing: Pick<Outgoing, "fetch">; place: HistoryPlace; timeoutMs?: number },
): HistoryServer {
  const { outgoing, place } = deps;
  const shown = new URL(place.url).host;

  async function ask(
    path: string,
    init: { method?: string; body?: string | Uint8Array; headers?: Record<string, string> } = {},
    signal?: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { authorization, trusted } = place;
    const headers = { ...init.headers, ...(authorization === null ? {} : { authorization }) };
    const timeoutMs = deps.timeoutMs ??
      (init.body instanceof Uint8Array ? WRITE_MS : TIMEOUT_MS);
    try {
      const answer = await outgoing.fetch(`${place.url}${path}`, {
        ...{ ...init, headers, trusted, signal, timeoutMs, maxBytes: ANSWER_BYTES },
      });
      if (answer.truncated) throw new HistoryError(`${shown} answered with more than fits`);
      return answer;
    } catch (error) {
      if (error instanceof OutgoingError) {
        throw new HistoryError(reasonOf(error, shown), { cause: error });
      }
      throw error;
    }
  }

  /** Of what only reads: once more at once when the connection broke, as one that was kept open may at any time. */
  async function look(...question: Parameters<typeof ask>): ReturnType<typeof ask> {
    try {
      return await ask(...question);
    } catch (error) {
      const broke = error instanceof HistoryError && error.cause instanceof OutgoingError &&
        error.cause.fault === "unreachable";
      if (!broke) throw error;
      return await ask(...question);
    }
  }

  const good = async (...question: Parameters<typeof ask>) => judged(await ask(...question));
  const read = async (...question: Parameters<typeof ask>) => judged(await look(...question));

  function judged({ status, text }: { status: number; text: string }): string {
    if (status >= 200 && status < 300) return text;
    if (status === 401 || status === 403) {
      throw new HistoryError(`${shown} refuses Perch (${status}): its user, password or token`);
    }
    const words = text.replaceAll(/\s+/g, " ").trim().slice(0, SHOWN_CHARS);
    throw new HistoryError(`${shown} answered ${status}${words === "" ? "" : `: ${words}`}`);
  }

  function parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new HistoryError(`${shown} answered with what no VictoriaMetrics says`);
    }
  }

  /** Points of each series that a query gives, with its labels. */
  async function query(
    path: "query" | "query_range",
    form: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<{ metric: Record<string, string>; points: [number, string][] }[]> {
    // Results that a server keeps and moves to round times are not exact.
    const body = new URLSearchParams({ ...form, nocache: "1" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = parsed(
      await read(`/api/v1/${path}`, { method: "POST", body, headers }, signal),
    ) as { status?: string; data?: { result?: unknown } } | null;
    const result = answer?.data?.result;
    if (answer?.status !== "success" || !Array.isArray(result)) {
      throw new HistoryError(`${shown} answered with what no VictoriaMetrics says`);
    }
    return result.map(({ metric, values, value }) => ({
      metric: metric ?? {},
      points: values ?? [value],
    }));
  }

  return {
    async facts(signal) {
      await query("query", { query: "1" }, signal);
      const { status, text } = await look("/metrics", {}, signal);
      return factsOf(status === 200 ? text : "");
    },
    async write(blocks, signal) {
      const headers = {
        "content-type": "application/x-protobuf",
        "content-encoding": "snappy",
        "x-prometheus-remote-write-version": "0.1.0",
      };
      const body = encodeWrite(blocks);
      await good("/api/v1/write", { method: "POST", body, headers }, signal);
    },
    async flush(signal) {
      const { status } = await ask("/internal/force_flush", {}, signal);
      return status === 200;
    },
    async count(of, { fromMs, toMs }, signal) {
      const { timeS, window } = windowOf(fromMs, toMs);
      const found = await query("query", {
        query: `sum(count_over_time(${selected(of)}${window}))`,
        time: `${timeS}`,
      }, signal);
      return found.reduce((sum, { points }) => sum + Number(points[0][1]), 0);
    },
    async readings(of, { fromMs, toMs }, signal) {
      // A millisecond more on both sides: times are read as fractions of seconds there.
      const form = new URLSearchParams({
        "match[]": selected(of),
        start: new Date(fromMs - 1).toISOString(),
        end: new Date(toMs).toISOString(),
        reduce_mem_usage: "1",
        max_rows_per_line: "10000",
      });
      const text = await read(`/api/v1/export?${form}`, {}, signal);
      const lines = text.split("\n").filter((line) => line !== "");
      const parts: Exported[] = [];
      for (const line of lines) {
        parts.push(exportedOf(parsed(line), shown));
        await Promise.resolve();
      }
      return inOrder(parts, fromMs, toMs);
    },
    async addBuckets(sums, of, { fromMs, toMs }, signal) {
      const width = sums.bucketMs;
      if (width % 1000 !== 0) {
        const { tMs, value } = await this.readings(of, { fromMs, toMs }, signal);
        for (let i = 0; i < tMs.length; i++) sums.add(tMs[i], 1, value[i], value[i], value[i]);
        return;
      }
      for (const { fromMs: from, toMs: to } of stretches(fromMs, toMs, width)) {
        const isWhole = from % width === 0 && to % width === 0;
        const functions = '("count_over_time", "min_over_time", "max_over_time", "sum_over_time")';
        const { timeS, window } = isWhole ? windowOf(from, from + width) : windowOf(from, to);
        const asked = { query: `aggr_over_time(${functions}, ${selected(of)}${window})` };
        const found = isWhole
          ? await query("query_range", {
            ...{ ...asked, start: `${timeS}`, step: `${width / 1000}s` },
            end: `${to / 1000}`,
          }, signal)
          : await query("query", { ...asked, time: `${timeS}` }, signal);
        addFound(sums, found, isWhole ? -width : from - timeS * 1000);
      }
    },
    async remove(of, signal) {
      const form = new URLSearchParams({ "match[]": selected(of) });
      await good(`/api/v1/admin/tsdb/delete_series?${form}`, { method: "POST" }, signal);
    },
  };
}

function reasonOf(error: OutgoingError, shown: string): string {
  switch (error.fault) {
    case "timeout":
      return `${shown} does not answer in time`;
    case "forbidden":
    case "invalid":
      return messageOf(error);
    default:
      return `${shown} does not answer (${messageOf(error).replace(/^[^ ]+: /, "")})`;
  }
}

/** A selector of series in the words of PromQL. */
export function selected(of: Selector): string {
  const quoted = (text: string) => JSON.stringify(text);
  const labels = Object.entries(of).map(([name, value]) =>
    typeof value === "string"
      ? `${name}=${quoted(value)}`
      : `${name}=~${quoted(value.map((part) => part.replaceAll(".", "\\.")).join("|"))}`
  );
  return `{${[`__name__=${quoted(METRIC)}`, ...labels].join(",")}}`;
}

/**
 * `[fromMs, toMs)` as a look-back window, which has its end and not its beginning: times are whole milliseconds, so it
 * ends one of them earlier. The moment it is asked for is a whole second, as fractions are not exact there.
 */
function windowOf(fromMs: number, toMs: number): { timeS: number; window: string } {
  const timeS = Math.ceil(toMs / 1000);
  return { timeS, window: `[${toMs - fromMs}ms] offset ${timeS * 1000 - toMs + 1}ms` };
}

/** The cut buckets at both ends, and the whole ones between in as many questions as it takes. */
function* stretches(fromMs: number, toMs: number, width: number): Generator<Range> {
  const first = Math.min(toMs, Math.ceil(fromMs / width) * width);
  const last = Math.max(first, Math.floor(toMs / width) * width);
  if (fromMs < first) yield { fromMs, toMs: first };
  for (let at = first; at < last; at += BUCKETS_MOST * width) {
    yield { fromMs: at, toMs: Math.min(last, at + BUCKETS_MOST * width) };
  }
  if (last < toMs) yield { fromMs: last, toMs };
}

/** Adds what each series says at each moment; `byMs` leads from there to the bucket. */
function addFound(
  sums: BucketSums,
  found: { metric: Record<string, string>; points: [number, string][] }[],
  byMs: number,
): void {
  const series = new Map<
    string,
    Map<number, { n: number; min: number; max: number; sum: number }>
  >();
  for (const { metric: { rollup, ...labels }, points } of found) {
    const key = JSON.stringify(labels);
    const buckets = series.get(key) ?? new Map();
    series.set(key, buckets);
    const field = rollup === "count_over_time" ? "n" : rollup.slice(0, 3);
    for (const [timeS, text] of points) {
      const bucket = buckets.get(timeS) ?? { n: 0, min: Infinity, max: -Infinity, sum: 0 };
      bucket[field] = Number(text);
      buckets.set(timeS, bucket);
    }
  }
  for (const buckets of series.values()) {
    for (const [timeS, { n, min, max, sum }] of buckets) {
      if (n > 0) sums.add(Math.round(timeS * 1000) + byMs, n, min, max, sum);
    }
  }
}

interface Exported {
  values: number[];
  timestamps: number[];
}

function exportedOf(line: unknown, shown: string): Exported {
  const { values, timestamps } = line as Partial<Exported>;
  if (Array.isArray(values) && Array.isArray(timestamps) && values.length === timestamps.length) {
    return { values, timestamps };
  }
  throw new HistoryError(`${shown} answered with what no VictoriaMetrics says`);
}

/** Parts of a range, which follow each other or do not, in time order. */
function inOrder(parts: readonly Exported[], fromMs: number, toMs: number): ReadingColumns {
  const n = parts.reduce((sum, { timestamps }) => sum + timestamps.length, 0);
  const tMs = new Float64Array(n);
  const value = new Float64Array(n);
  let at = 0;
  let isSorted = true;
  for (const { timestamps, values } of parts) {
    for (let i = 0; i < timestamps.length; i++) {
      if (timestamps[i] < fromMs || timestamps[i] >= toMs) continue;
      if (at > 0 && timestamps[i] < tMs[at - 1]) isSorted = false;
      tMs[at] = timestamps[i];
      value[at++] = values[i];
    }
  }
  const found = { tMs: tMs.subarray(0, at), value: value.subarray(0, at) };
  if (isSorted) return found;
  const order = Array.from(found.tMs, (_, i) => i).sort((a, b) => found.tMs[a] - found.tMs[b]);
  return {
    tMs: Float64Array.from(order, (i) => found.tMs[i]),
    value: Float64Array.from(order, (i) => found.value[i]),
  };
}

const UNITS: Record<string, number> = {
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
  "": 31 * DAY_MS,
};

/** What its own metrics say of it. */
function factsOf(text: string): ServerFacts {
  const flag = (name: string) =>
    new RegExp(`^flag\\{name="${name}", value="([^"]*)"`, "m").exec(text)?.[1];
  const total = (name: string, only = "") => {
    const found = [...text.matchAll(new RegExp(`^${name}\\{type="${only}[^"]*"\\} (\\S+)`, "gm"))];
    return found.length === 0 ? null : found.reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const kept = /^(\d+(?:\.\d+)?)([hdwy]?)$/.exec(flag("retentionPeriod") ?? "");
  const apart = flag("dedup\\.minScrapeInterval") ?? "0s";
  return {
    keepsMs: kept === null ? null : Number(kept[1]) * UNITS[kept[2]],
    dropsDuplicates: !/^0(ms|s)?$/.test(apart),
    bytes: total("vm_data_size_bytes"),
    rows: total("vm_rows", "storage/"),
  };
}
