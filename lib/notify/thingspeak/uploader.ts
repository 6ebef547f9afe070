import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Outgoing } from "../../base/outgoing.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { DAY_MS } from "../../words/times.ts";
import { cleanAnswer } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { bulkUpdate, type FeedEntry, readFeeds, type ThingSpeakChannel } from "./client.ts";
import { type FieldSeries, planUpdates } from "./plan.ts";
import type { UploadStore } from "./upload_store.ts";

/*
 * DESIGN
 * Readings are not events: they are not queued to be sent, they are read from where they are stored, after a
 * cursor of the upload's own. Whatever the outage, nothing has to be kept twice. The cursor follows the times
 * of readings and never runs ahead of them, so that a clock that jumps skips nothing; it moves only after
 * ThingSpeak took what is before it. A crash in between sends the same messages, with the same times, again.
 * What arrives later than the upload has passed its time is not sent.
 */

export interface UploadConfig extends ThingSpeakChannel {
  /** Sensors of field 1 to 8; empty: the first eight number sensors. */
  fields: readonly string[];
  /** Between two uploads, and between two messages in one. At least 15 s. */
  intervalMs: number;
}

export interface UploadState {
  health: "ok" | "degraded" | "off";
  /** A sentence for people. */
  detail: string;
  /** Name of the sensor of each field, in order; empty where there is none of the name that was set. */
  fields: string[];
  /** Readings before this time are uploaded. */
  cursorMs: number | null;
  lastUploadMs: number | null;
  /** Since start. */
  messages: number;
  requests: number;
}

export interface Uploader {
  readonly task: Task;
  state(): UploadState;
  /** What ThingSpeak has, oldest first; null while no channel is set. @throws Error with ThingSpeak's words */
  feeds(results: number): Promise<FeedEntry[] | null>;
  /** One pass; gives the time until the next. For the task and for tests. */
  step(signal: AbortSignal): Promise<number>;
}

export interface UploaderDeps {
  clock: Clock;
  log: Log;
  readings: Pick<ReadingsStore, "raw">;
  sensors: Pick<SensorDirectory, "find" | "all">;
  store: UploadStore;
  outgoing: Outgoing;
  /** As it is now; null: no channel is set. */
  config(): UploadConfig | null;
}

/** Least time between two requests, and most messages in one, of a free account. */
export const LEAST_INTERVAL_MS = 15_000;
export const MESSAGES_MOST = 960;
const FIELDS_MOST = 8;
const READINGS_MOST = 20_000;
/** Readings of the last moment may still be on their way to the disk. */
const SETTLE_MS = 2_000;
const IDLE_MS = 5_000;
const MOST_BACKOFF_MS = 10 * 60_000;

export function createUploader(deps: UploaderDeps): Uploader {
  const { clock, log, readings, sensors, store, outgoing } = deps;
  let cursorMs: number | null = null;
  let cursorOf: string | null = null;
  let failures = 0;
  let problem: string | null = null;
  const done = { lastUploadMs: null as number | null, messages: 0, requests: 0 };

  /** Sensor of each field; null where the name is of none. */
  const chosen = (config: UploadConfig): (Sensor | null)[] =>
    config.fields.length > 0
      ? config.fields.slice(0, FIELDS_MOST).map((name) => sensors.find(name) ?? null)
      : sensors.all().filter(({ kind }) => kind === "number").sort((a, b) => a.num - b.num)
        .slice(0, FIELDS_MOST);

  /** Where the upload of this channel is; a new one begins now. */
  async function begin(name: string, endMs: number): Promise<number> {
    if (cursorOf !== name) {
      cursorMs = await store.cursor(name);
      cursorOf = name;
    }
    // Set by a clock that was far ahead.
    if (cursorMs !== null && cursorMs <= endMs + DAY_MS) return cursorMs;
    await move(name, endMs);
    return endMs;
  }

  async function move(name: string, toMs: number): Promise<void> {
    await store.move(name, toMs);
    cursorMs = toMs;
  }

  async function step(signal: AbortSignal): Promise<number> {
    const config = deps.config();
    if (config === null) return IDLE_MS;
    const stepMs = Math.max(config.intervalMs, LEAST_INTERVAL_MS);
    const endMs = Math.floor((clock.now() - SETTLE_MS) / stepMs) * stepMs;
    const name = `thingspeak:${config.channelId}`;
    const fromMs = await begin(name, endMs);
    const from = chosen(config);
    const newestMs = Math.max(-Infinity, ...from.map((sensor) => sensor?.last?.tMs ?? -Infinity));
    const wantedMs = Math.min(endMs, fromMs + MESSAGES_MOST * stepMs);
    if (wantedMs <= fromMs || newestMs < fromMs) return untilNext(stepMs);
    const { series, toMs } = await collect(from, fromMs, wantedMs, stepMs);
    const updates = planUpdates(series, { fromMs, toMs, stepMs });
    if (updates.length === 0) {
      // Nothing in between: go on, but not past what there is.
      const nextMs = Math.min(toMs, Math.floor(newestMs / stepMs) * stepMs);
      if (nextMs <= fromMs) return untilNext(stepMs);
      await move(name, nextMs);
      return 0;
    }
    done.requests++;
    const outcome = await sendOnce(config, updates, signal);
    if (outcome.state !== "delivered") return failed(config, outcome, stepMs);
    if (problem !== null) log.info("ThingSpeak takes readings again");
    failures = 0;
    problem = null;
    done.messages += updates.length;
    done.lastUploadMs = clock.now();
    // Not past what there is: a clock that is ahead would skip what comes.
    const lastMs = Date.parse(updates.at(-1)!.created_at);
    await move(name, Math.min(toMs, (Math.floor(lastMs / stepMs) + 1) * stepMs));
    return Math.max(LEAST_INTERVAL_MS, toMs < endMs ? 0 : untilNext(stepMs));
  }

  const untilNext = (stepMs: number) => {
    const sinceMs = clock.now() - SETTLE_MS;
    return stepMs - (sinceMs - Math.floor(sinceMs / stepMs) * stepMs);
  };

  async function sendOnce(
    config: UploadConfig,
    updates: ReturnType<typeof planUpdates>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    try {
      return await bulkUpdate(outgoing, config, updates, signal, clock.now());
    } catch (error) {
      signal.throwIfAborted();
      return { state: "retry", answer: messageOf(error) };
    }
  }

  function failed({ writeKey }: UploadConfig, outcome: Outcome, stepMs: number): number {
    const reason = cleanAnswer(outcome.answer, [writeKey]);
    if (problem !== reason) log.warn("ThingSpeak does not accept readings", { answer: reason });
    problem = reason;
    const askedMs = outcome.state === "retry" ? outcome.afterMs ?? 0 : 0;
    const backoffMs = Math.min(stepMs * 2 ** failures++, MOST_BACKOFF_MS);
    return Math.max(backoffMs, askedMs);
  }

  /** Readings of `[fromMs, toMs)`, and where they end when there are too many for one turn. */
  async function collect(
    from: readonly (Sensor | null)[],
    fromMs: number,
    toMs: number,
    stepMs: number,
  ): Promise<{ series: FieldSeries[]; toMs: number }> {
    const series: FieldSeries[] = [];
    let untilMs = toMs;
    for (const [i, sensor] of from.entries()) {
      if (sensor === null) continue;
      const range = { sensor: sensor.num, fromMs, toMs: untilMs, limit: READINGS_MOST };
      let page = await readings.raw(range);
      let tMs = [...page.tMs];
      let value = [...page.value];
      // A whole step at least, however many readings it has: of those only the last counts.
      while (page.next !== null && tMs.at(-1)! < fromMs + stepMs) {
        page = await readings.raw({ ...range, cursor: page.next });
        tMs = [...tMs.slice(-1), ...page.tMs];
        value = [...value.slice(-1), ...page.value];
      }
      if (page.next !== null) untilMs = Math.floor(tMs.at(-1)! / stepMs) * stepMs;
      const shown = (code: number) =>
        sensor.kind === "text" ? (sensor.states[code] ?? "").slice(0, 255) : code;
      series.push({ field: i + 1, tMs, value, shown });
    }
    return { series, toMs: untilMs };
  }

  return {
    step,
    task: {
      name: "thingspeak",
      async run(signal) {
        for (;;) await clock.sleep(await step(signal), signal);
      },
    },
    state() {
      const config = deps.config();
      const fields = config === null ? [] : chosen(config).map((one) => one?.name ?? "");
      const counts = { fields, cursorMs, ...done };
      if (config === null) {
        return { health: "off", detail: "No ThingSpeak channel is set.", ...counts };
      }
      if (problem !== null) {
        const detail =
          `ThingSpeak does not accept readings (${problem}). They are kept and sent later.`;
        return { health: "degraded", detail, ...counts };
      }
      const n = fields.filter((field) => field !== "").length;
      const detail = `${n} sensors to channel ${config.channelId}; ` +
        `${done.messages} messages since start.`;
      return { health: "ok", detail, ...counts };
    },
    async feeds(results) {
      const config = deps.config();
      if (config === null) return null;
      try {
        return await readFeeds(outgoing, config, results);
      } catch (error) {
        const secrets = [config.writeKey, config.readKey ?? ""];
        throw new Error(cleanAnswer(messageOf(error), secrets), { cause: error });
      }
    },
  };
}
