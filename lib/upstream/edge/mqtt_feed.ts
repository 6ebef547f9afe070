/**
 * Every reading to a broker that is not Perch's own, as plain JSON, at least once: the place in the journal moves when
 * the broker has acknowledged. There is no answer of whoever reads there, so nothing is promised beyond the broker.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createWake } from "../../base/wake.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { JournalPage, ReadingsStore } from "../../readings/store.ts";

export interface FeedMessage {
  topic: string;
  payload: string;
  qos: 1;
  retain: false;
}

export interface MqttFeedDeps {
  clock: Clock;
  log: Log;
  site: string;
  readings: Pick<ReadingsStore, "journalAfter" | "cursor" | "moveCursor" | "dropCursor">;
  /** The newest group that was committed: what was never fed begins after it. */
  lastGroup: () => Promise<number>;
  byNum: (num: number) => Pick<Sensor, "name" | "kind" | "states" | "unit"> | undefined;
  /** Resolves when the broker acknowledged. */
  publish: (message: FeedMessage, signal: AbortSignal) => Promise<void>;
  restMs: (failures: number) => number;
}

export interface MqttFeed {
  readonly task: Task;
  wake(): void;
}

const READER = "forward_mqtt";
const PAGE_BYTES = 4 * 1024;
const IDLE_MS = 60_000;
const LINGER_MS = 200;

/** `forwarded/<site>/<area…>/<machine>/<sensor>` with `{"value","ts","unit"}`. */
export function messagesOf(
  page: JournalPage,
  { site, byNum }: Pick<MqttFeedDeps, "site" | "byNum">,
): FeedMessage[] {
  return Array.from(page.sensor).flatMap((num, i): FeedMessage[] => {
    const sensor = byNum(num);
    if (sensor === undefined) return [];
    const value = page.value[i];
    const body = {
      value: sensor.kind === "text" ? sensor.states[value] ?? String(value) : value,
      ts: page.tMs[i],
      ...(sensor.unit === null ? {} : { unit: sensor.unit }),
    };
    const topic = `forwarded/${site}/${sensor.name}`;
    return [{ topic, payload: JSON.stringify(body), qos: 1, retain: false }];
  });
}

export function createMqttFeed(deps: MqttFeedDeps): MqttFeed {
  const { clock, log, readings } = deps;
  const wake = createWake(clock);
  let failures = 0;

  /** One page; false: there is nothing more. */
  async function step(after: number, signal: AbortSignal): Promise<number | null> {
    const page = await readings.journalAfter({ afterGroup: after, maxBytes: PAGE_BYTES });
    if (page.groupId.length === 0) return null;
    await Promise.all(messagesOf(page, deps).map((one) => deps.publish(one, signal)));
    const to = page.groupId.at(-1)!;
    await readings.moveCursor(READER, to, []);
    return to;
  }

  async function begin(): Promise<number> {
    const at = await readings.cursor(READER);
    if (at !== null) return at;
    const last = await deps.lastGroup();
    await readings.moveCursor(READER, last, []);
    return last;
  }

  return {
    wake: () => wake.now(),
    task: {
      name: "mqtt feed",
      async run(signal) {
        let at = await begin();
        while (!signal.aborted) {
          try {
            const to = await step(at, signal);
            if (failures > 0) log.info("the upstream broker takes readings again");
            failures = 0;
            if (to !== null) at = to;
            else {
              await wake.sleep(IDLE_MS, signal);
              await clock.sleep(LINGER_MS, signal);
            }
          } catch (error) {
            signal.throwIfAborted();
            if (failures++ === 0) {
              log.warn("readings wait for the upstream broker", { error: messageOf(error) });
            }
            await clock.sleep(deps.restMs(failures), signal);
          }
        }
      },
    },
  };
}
