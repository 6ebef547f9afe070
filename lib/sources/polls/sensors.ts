import { nameId } from "../../base/ids.ts";
import type { Draft } from "../../readings/reading.ts";
import type { Audited } from "../../events/audit_change.ts";
import type { ExchangeRow } from "../../machines/exchange.ts";
import { nameFault } from "../../machines/names.ts";
import type { Registry } from "../../machines/registry.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { MachinesService } from "../../machines/service.ts";
import { DAY_MS } from "../../words/times.ts";
import type { PolledValue } from "./kinds/kind.ts";
import type { Poll } from "./poll.ts";

/** Every poll's own. */
export const UP = "up";
export const RESPONSE_TIME = "response time";
/** No answer has no time: the silence of this says nothing. */
const SELDOM_MS = 30 * DAY_MS;

type Placed = Pick<Poll, "id" | "name" | "machine">;

/** The machine of each poll and its sensors. */
export interface PollSensors {
  /** Where its machine is now: people may move it. */
  path(poll: Pick<Poll, "machine">): string;
  /** Null where there is none (yet), or a person deleted it. People may rename and move it. */
  find(poll: Placed, name: string): Sensor | null;
  /** What is measured as drafts under their sensors, which are made first where there never were any. */
  drafts(poll: Placed, values: readonly PolledValue[], tMs: number): Promise<Draft[]>;
}

export function createPollSensors({ registry, service, audited }: {
  registry: Pick<Registry, "find" | "machines" | "changes">;
  service: Pick<MachinesService, "importRows">;
  audited: Audited;
}): PollSensors {
  /** Those that are not made again, because somebody deleted them. */
  const gone = new Set<string>();

  const pathOf = ({ machine }: Pick<Poll, "machine">) =>
    registry.machines.former(machine)?.path ?? machine;

  function find(poll: Placed, name: string): Sensor | null {
    // Its id follows from its first name, wherever it was moved to.
    const known = registry.find(nameId(`${poll.machine}/${name}`)) ??
      registry.changes.named(`${pathOf(poll)}/${name}`);
    return known === undefined || known.deletedMs !== null ? null : known;
  }

  async function make(poll: Placed, values: readonly PolledValue[]): Promise<void> {
    const path = pathOf(poll);
    const isKnown = registry.machines.find(path) !== undefined;
    const machine = { row: path, fields: { type: "machine", path, display_name: poll.name } };
    const rows = values.map((value) => rowOf(value, path));
    await service.importRows([...isKnown ? [] : [machine], ...rows], true, audited);
  }

  return {
    path: pathOf,
    find,
    async drafts(poll, values, tMs) {
      const missing = values.filter(({ sensor }) => {
        const name = `${pathOf(poll)}/${sensor}`;
        if (find(poll, sensor) !== null || gone.has(name)) return false;
        const isGood = registry.changes.named(name) === undefined && nameFault(name) === null;
        if (!isGood) gone.add(name);
        return isGood;
      });
      if (missing.length > 0) await make(poll, missing);
      return values.flatMap((value): Draft[] => {
        const sensor = find(poll, value.sensor);
        if (sensor === null) return [];
        const { unit, tMs: own } = value;
        return [{
          sensor: sensor.name,
          value: value.value,
          tMs: own ?? tMs,
          ...unit === undefined ? {} : { unit },
        }];
      });
    },
  };
}

function rowOf({ sensor, value, unit }: PolledValue, machine: string): ExchangeRow {
  const path = `${machine}/${sensor}`;
  const kind = typeof value === "number" ? "number" : typeof value === "string" ? "text" : "binary";
  const own = sensor === UP
    ? { display_name: "Up" }
    : sensor === RESPONSE_TIME
    ? { display_name: "Response time", decimals: 0, expected_interval_ms: SELDOM_MS }
    : {};
  return { row: path, fields: { type: "sensor", path, kind, unit: unit ?? null, ...own } };
}
