/** The alarms on a real database, with everything around them handed in. */
import { createAlarmStore } from "../../lib/alarms/alarm_store.ts";
import { type Alarms, type AlarmsDeps, createAlarms } from "../../lib/alarms/alarms.ts";
import type { AlarmOptions } from "../../lib/alarms/decision.ts";
import {
  type Committed,
  createKeeper,
  type Keeper,
  type KeeperDeps,
} from "../../lib/alarms/keeper.ts";
import { observationOfFinding } from "../../lib/alarms/observation.ts";
import type { SystemFacts } from "../../lib/alarms/system_facts.ts";
import type { Places } from "../../lib/alarms/view.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import { createFindingStore, type FindingStore } from "../../lib/detect/findings_store.ts";
import { createEventLog, type EventLog } from "../../lib/events/events_store.ts";
import { OPTIONS } from "./alarm_observations.ts";

export const RULES = {
  detectors: new Set(["threshold", "rate", "stuck", "silence", "streaming"]),
  leastSeverity: "warning",
} as const;

export const WELL: SystemFacts = {
  outboxQueued: null,
  deliveriesFailed: null,
  deliveryTries: null,
  sources: [],
  diskUsed: null,
  clock: { doubt: null, hostMs: 0, nowMs: 0, waitingMs: 0 },
  backup: null,
  storageFailing: null,
  storageAtRisk: null,
  historyBacklog: null,
  history: null,
  cut: null,
  refusedNew: null,
  quarantine: null,
  intake: null,
  detection: null,
  programs: [],
  cameras: [],
  probes: [],
  sites: [],
  siteAlarms: [],
  host: null,
};

/** Sensor 7 is `hall/press/s7`. */
export const sensorOf = (num: number) => ({
  num,
  id: `s${num}`,
  machine: "hall/press",
  sensor: `s${num}`,
  unit: null,
  settings: { display_name: null },
});
const places: Places = {
  sensor: (num) => ({ id: `s${num}`, name: `hall/press/s${num}`, unit: null }),
  machine: () => ({ id: "m1", name: null }),
};

export interface AlarmService {
  alarms: Alarms;
  keeper: Keeper;
  events: EventLog;
  findings: FindingStore;
  told: Committed[];
}

export async function openAlarms(
  db: Database,
  clock: Clock,
  change: {
    options?: Partial<AlarmOptions>;
    keeper?: Partial<KeeperDeps>;
    alarms?: Partial<AlarmsDeps>;
  } = {},
): Promise<AlarmService> {
  const store = createAlarmStore(db);
  const events = createEventLog(db);
  const findings = createFindingStore(db);
  const told: Committed[] = [];
  const keeper = createKeeper({
    db,
    store,
    events,
    places,
    options: () => ({ ...OPTIONS, ...change.options }),
    inMaintenance: () => false,
    alongside: () => Promise.resolve([]),
    onCommit: (one) => void told.push(one),
    ...change.keeper,
  });
  await keeper.load(clock.now());
  const alarms = createAlarms({
    clock,
    log: silentLog(),
    store,
    keeper,
    places,
    findings,
    outlooks: { outlooksAfter: () => Promise.resolve([]) },
    pasts: { after: () => Promise.resolve([]) },
    observationOf: (found) => observationOfFinding(found, sensorOf(found.sensor), "m1", RULES),
    observationOfOutlook: () => null,
    inMaintenance: () => false,
    machineMeant: (text) => text,
    gone: () => null,
    judging: () => ({ statements: [], done: () => Promise.resolve() }),
    facts: () => Promise.resolve(WELL),
    keepMs: () => 730 * 86_400_000,
    deletionMs: clock.now,
    ...change.alarms,
  });
  return { alarms, keeper, events, findings, told };
}
