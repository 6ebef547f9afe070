/** A history, an engine that keeps it, and a history server that it is sent to, in this process. */
import { systemClock } from "../../lib/base/clock.ts";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import { createHistory, type History, type HistoryDeps } from "../../lib/history/history.ts";
import { createHistoryStore } from "../../lib/history/history_store.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { OpenEngine } from "./storage.ts";
import { until } from "./until.ts";

/** The sensors of a site without a registry: number 1 to 20. */
export function historySensor(num: number): Sensor | undefined {
  if (num < 1 || num > 20) return undefined;
  const name = `hall-1/press-3/temperature-${num}`;
  return { num, id: `s-${num}`, name, unit: "°C", kind: "number" } as Sensor;
}

export interface HistorySite {
  history: History;
  /** Until everything that is sealed was found at the server. */
  sent(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts sending what an engine has sealed. */
export function startHistory(
  { connection, store }: Pick<OpenEngine, "connection" | "store">,
  url: string,
  options: Partial<HistoryDeps> = {},
): HistorySite {
  const outgoing = createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] });
  const rows = createHistoryStore(connection as unknown as Database);
  const history = createHistory({
    clock: systemClock(),
    log: silentLog(),
    outgoing,
    readings: store,
    store: rows,
    site: "site-1",
    sensor: historySensor,
    place: () => ({ url, authorization: null, trusted: true }),
    settleMs: 100,
    ...options,
  });
  const ending = new AbortController();
  const running = history.task.run(ending.signal).catch(() => {});
  return {
    history,
    sent: async () => {
      await until("everything to be sent", async () => {
        if (history.mayGo() !== "sent" || history.state().health !== "ok") return null;
        const { chunks } = await rows.waiting();
        const changes = await rows.changes(1);
        return chunks === 0 && changes.length === 0 ? true : null;
      }, 60_000);
    },
    async stop() {
      ending.abort();
      await running;
    },
  };
}
