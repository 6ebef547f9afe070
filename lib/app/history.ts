import { createHistory, type History } from "../history/history.ts";
import { createHistoryStore } from "../history/history_store.ts";
import { authorizationOf, type HistoryPlace } from "../history/server.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { BackupParts } from "./backup.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

/** A server beside Perch that keeps what the disk cannot. Without one nothing is asked and nothing runs. */
export function createHistoryParts(
  { config, clock, log, storage, settings, components }: Foundation,
  { outgoing, machines: { registry }, backup: { siteUid }, settleMs }: {
    outgoing: Outgoing;
    machines: Pick<MachineParts, "registry">;
    backup: Pick<BackupParts, "siteUid">;
    settleMs?: number;
  },
): History {
  const history = createHistory({
    clock,
    log: log.child("history"),
    outgoing,
    readings: storage.readings,
    store: createHistoryStore(storage.db),
    site: siteUid,
    sensor: registry.byNum,
    settleMs,
    place(): HistoryPlace | null {
      const url = settings.get("history.url").replace(/\/+$/, "");
      if (url === "") return null;
      const authorization = authorizationOf({
        token: settings.get("history.token"),
        user: settings.get("history.user"),
        password: settings.get("history.password"),
      });
      return { url, authorization, trusted: url === config.history.url };
    },
  });
  settings.onChange((key) => key.startsWith("history.") && history.changed());
  components.register("history server", () => {
    const { health, detail } = history.state();
    return { health, detail };
  });
  return history;
}
