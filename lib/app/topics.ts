import type { Committed } from "../alarms/keeper.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { StoredFinding } from "../detect/findings_store.ts";
import type { LoggedEvent } from "../events/event.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { Sensor } from "../machines/sensor.ts";

/** What goes over the bus. Listeners are called in the order in which they subscribed. */
export interface Topics {
  /** One commit group, after COMMIT. */
  readings: CommittedGroup;
  /** What detection found, after COMMIT. */
  findings: readonly StoredFinding[];
  /** A prediction, after it was published on the live stream. */
  predictions: unknown;
  /** Steps and changes of alarms, after COMMIT. */
  alarms: Committed;
  /** New events of the log, after COMMIT, in its order. */
  events: readonly LoggedEvent[];
  /** Faults of Perch that opened, changed or are over. */
  faults: readonly FaultRow[];
  /** Something of a sensor changed that its status, its detectors or its alarms depend on. */
  "sensor.changed": Sensor;
}
