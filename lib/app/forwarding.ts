import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import type { Alarms } from "../alarms/alarms.ts";
import { createPlantStore } from "../backup/plant_store.ts";
import { PerchError } from "../base/errors.ts";
import type { Outgoing } from "../base/outgoing.ts";
import { VERSION } from "../base/version.ts";
import type { SqlStatement } from "../db/client.ts";
import type { AuditChange } from "../events/audit_change.ts";
import { waitOf } from "../notify/answer.ts";
import { restMs } from "../notify/backoff.ts";
import { createAside } from "../upstream/edge/aside_store.ts";
import { createForwardStore } from "../upstream/edge/forward_store.ts";
import { createForwarder, type ForwardConfig, type Forwarder } from "../upstream/edge/forwarder.ts";
import { hardwareId } from "../upstream/edge/hardware.ts";
import { createHttpsLink } from "../upstream/edge/https.ts";
import { upstreamOf } from "../upstream/edge/line.ts";
import { createMqttLink } from "../upstream/edge/mqtt_link.ts";
import { createRegistrySync } from "../upstream/edge/registry_sync.ts";
import { sentAlarm } from "../upstream/edge/sent_events.ts";
import { DAY_MS } from "../words/times.ts";
import { brokerLines } from "./broker_line.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

interface ForwardingNeeds {
  machines: Pick<MachineParts, "registry">;
  access: Pick<Access, "audit">;
  outgoing: Outgoing;
  alarms: Pick<Alarms, "open" | "act">;
}

const ALARMS_MOST = 500;
const MEGABYTE = 1_000_000;
const QUICK_TRIES = 3;
const SECOND_MS = 1_000;

/** What this Perch forwards to its centre; it runs once its task does. */
export async function createForwarding(
  { config: given, clock, log, storage, settings, events, bus, components }: Foundation,
  { machines: { registry }, access, outgoing, alarms }: ForwardingNeeds,
): Promise<Forwarder> {
  const { db, readings } = storage;
  const store = createForwardStore(db);
  const fromEnvironment = given.upstream?.reveal() ?? null;
  const { uid } = await createPlantStore(db).load(clock.now());
  const sync = createRegistrySync({
    sensors: registry,
    machines: registry.machines,
    monotonic: clock.monotonic,
  });

  function config(): ForwardConfig | null {
    const line = settings.get("forwarding.line");
    if (line === "") return null;
    return {
      upstream: upstreamOf(line),
      keepMs: settings.get("forwarding.keep_days") * DAY_MS,
      keepBytes: settings.get("forwarding.keep_mb") * MEGABYTE,
    };
  }

  async function acknowledge(id: string, name: string, done: SqlStatement): Promise<void> {
    const by = `${name} at the centre`;
    const actor = systemActor(by);
    const audited = (change: AuditChange) => access.audit.statement({ actor, ...change });
    try {
      await alarms.act(id, { kind: "acknowledge" }, { name: by, audited }, { also: [done] });
    } catch (error) {
      // It is over, or somebody here was faster: nothing is left to do.
      const isOver = error instanceof PerchError && ["conflict", "not_found"].includes(error.code);
      if (!isOver) throw error;
      await db.write([done]);
    }
  }

  const trusted = () => settings.get("forwarding.line") === fromEnvironment;
  const https = createHttpsLink({
    ...{ outgoing, trusted },
    askedMs: (answer) => waitOf(answer, clock.now()).afterMs,
  });
  const broker = createMqttLink({
    clock,
    open: brokerLines({ clock, log: log.child("forwarding"), outgoing, trusted }),
  });
  const forwarder = createForwarder({
    clock,
    log: log.child("forwarding"),
    ...{ store, readings, events, registry, sync, config, acknowledge },
    aside: createAside("forward", storage),
    write: db.write,
    newestEvent: () => events.newest(),
    async send(to, message, signal) {
      if (to.via === "broker") return await broker.send(to, message, signal);
      await broker.close();
      return await https(to, message, signal);
    },
    hangUp: broker.close,
    openAlarms: () => alarms.open().slice(0, ALARMS_MOST).map(sentAlarm),
    who: { node: uid, host: Deno.hostname(), hardware: await hardwareId(), perch: VERSION },
    // A link that flaps is tried soon, one that is down as any other receiver.
    restMs: (failures, askedMs = 0) =>
      failures <= QUICK_TRIES
        ? Math.max(failures * SECOND_MS, askedMs)
        : restMs(failures - QUICK_TRIES, Math.random, askedMs),
  });
  bus.subscribe("readings", ({ n }) => forwarder.committed(n));
  bus.subscribe("sensor.changed", () => sync.changed());
  bus.subscribe("alarms", () => {
    if (forwarder.state().state === "connected") forwarder.wake();
  });
  settings.onChange((key) => {
    if (key === "forwarding.line") forwarder.wake();
  });
  components.registerAll(() => {
    const { state, detail } = forwarder.state();
    return state === "off" ? [] : [{
      name: "forwarding",
      health: state === "waiting" || state === "refused" ? "degraded" : "ok",
      detail,
    }];
  });
  return forwarder;
}
