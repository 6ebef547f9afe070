import { PerchError } from "../base/errors.ts";
import { createKernelFiles } from "../base/kernel_files.ts";
import type { FaultSource, Sighting } from "../faults/fault.ts";
import type { Intake } from "../intake/intake.ts";
import type { ComponentState } from "../live/components.ts";
import type { ExchangeRow } from "../machines/exchange.ts";
import { componentOf } from "../scripts/script.ts";
import type { CustomDriver, CustomFigures } from "../sources/hardware/drivers/custom.ts";
import type { HostPlace } from "../sources/hardware/driver.ts";
import { createHardware, type Hardware, type WantedSensor } from "../sources/hardware/hardware.ts";
import type { HardwareInputJson } from "../sources/hardware/view.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import type { ScriptParts } from "./scripts.ts";

export interface HardwareParts {
  hardware: Hardware;
  /** How drivers that somebody wrote are doing; none before they are needed. */
  ownDrivers: () => CustomFigures[];
  ownDriverFaults: FaultSource;
}

export interface HardwareNeeds {
  machines: MachineParts;
  intake: Pick<Intake, "offerBatch">;
  scripts: ScriptParts;
  host: HostPlace;
}

/** What may be read of the kernel's files. */
const ROOTS = ["/sys/bus", "/sys/class", "/proc/sys/kernel/random/boot_id"];
/** A 1-Wire sensor may try for some seconds before it gives up. */
const DEADLINE_MS = 4_000;

/** The inputs of this host's buses; what reads them is loaded with the first one, or with the page. */
export async function createHardwareParts(
  { clock, log: root, storage, events, components }: Foundation,
  { machines: { registry, machines: service }, intake, scripts: { scripts }, host }: HardwareNeeds,
): Promise<HardwareParts> {
  const log = root.child("hardware");
  let own: CustomDriver | null = null;

  async function sensorFor(wanted: WantedSensor, audited: Audited): Promise<string> {
    const { path, unit, title, decimals, intervalMs } = wanted;
    const there = registry.find(path);
    if (there !== undefined) {
      if (there.kind === "number" && (there.unit === null || there.unit === unit)) return there.id;
      throw invalid(
        there.kind === "number"
          ? `${path} is measured in ${there.unit}, this in ${unit ?? "no unit"}: choose another`
          : `${path} does not take numbers: choose another`,
      );
    }
    const fields = { type: "sensor", path, kind: "number", unit, display_name: title, decimals };
    const row = { row: path, fields: { ...fields, expected_interval_ms: intervalMs } };
    await importOne(row, audited);
    const made = registry.find(path);
    if (made === undefined) throw invalid(`${path} could not be made`);
    return made.id;
  }

  async function importOne(row: ExchangeRow, audited: Audited): Promise<void> {
    const { errors } = await service.importRows([row], false, audited);
    if (errors.length > 0) throw invalid(errors[0].message);
    await service.importRows([row], true, audited);
  }

  const hardware = createHardware({
    ...{ db: storage.db, clock, log, sensorFor },
    // What stands for a host in paths: levels have no signs of MQTT.
    machine: Deno.hostname().replaceAll(/[/+#\p{C}]/gu, "-") || "this host",
    async load() {
      const { DRIVERS } = await import("../sources/hardware/drivers/mod.ts");
      const { createPresent } = await import("../sources/hardware/present.ts");
      const { createCustomDriver } = await import("../sources/hardware/drivers/custom.ts");
      const files = createKernelFiles({ root: host.root, roots: ROOTS, deadlineMs: DEADLINE_MS });
      const reads = { files, clock, path: host.path };
      const runnable = () => scripts.runnable("driver");
      own = createCustomDriver({ sandbox: scripts.sandbox, runnable });
      return { host: reads, present: createPresent(reads), drivers: [...DRIVERS, own] };
    },
    sensor(id) {
      const sensor = registry.find(id);
      if (sensor === undefined) return null;
      const { name, unit, settings: { scale, offset, decimals }, last } = sensor;
      // What is calibrated is not what was read.
      const isRead = last !== null && scale === 1 && offset === 0;
      return { name, unit, decimals, last: isRead ? last.value : null };
    },
    async expect(id, before, now, audited) {
      const sensor = registry.find(id);
      const isExpected = sensor?.settings.expected_interval_ms === before.interval_s * 1_000;
      if (sensor === undefined || !isExpected || before.interval_s === now.interval_s) return;
      const expected_interval_ms = now.interval_s * 1_000;
      const fields = { type: "sensor", path: sensor.name, expected_interval_ms };
      await importOne({ row: sensor.name, fields }, audited);
    },
    async offer(drafts) {
      const batch = { source: "hardware", topic: "hardware", drafts, rejects: [] };
      const { rejected } = await intake.offerBatch(batch);
      return new Map(
        rejected.flatMap(({ index, message }): [number, string][] =>
          index === undefined ? [] : [[index, message]]
        ),
      );
    },
    onNews(input, news, text) {
      const told = events.append({
        type: news === "stopped" ? "hardware.stopped" : "hardware.goes_on",
        subject: `sensor:${input.sensorId}`,
        severity: news === "stopped" ? "warning" : "info",
        tMs: clock.now(),
        text: news === "stopped"
          ? `${input.sensor} gives no values: ${text}`
          : `${input.sensor} gives values again`,
        actor: null,
        body: { input: input.id, driver: input.driver, sensor: input.sensor },
        route: true,
      });
      told.catch((error) => log.warn("an event of a sensor at this host is lost", { error }));
    },
  });
  await hardware.load();
  components.registerAll(() => componentsOf(hardware.inputs()));
  const ownDrivers = () => own?.figures() ?? [];
  return {
    hardware,
    ownDrivers,
    ownDriverFaults: { name: "drivers", look: () => ownDrivers().flatMap(sightingOf) },
  };
}

/** What is pulled out or broken stands outside of Perch: it is no fault of this part. */
function componentsOf(inputs: readonly HardwareInputJson[]): ComponentState[] {
  if (inputs.length === 0) return [];
  const bad = inputs.filter(({ state }) => state === "failing" || state === "gone").length;
  const all = inputs.length === 1 ? "1 sensor" : `${inputs.length} sensors`;
  const detail = bad === 0 ? `${all} at this host` : `${all} at this host, ${bad} without values`;
  return [{ name: "hardware", health: "ok", detail }];
}

function sightingOf({ name, fault, failed }: CustomFigures): Sighting[] {
  if (fault === null) return [];
  const { type, message, line, column } = fault;
  const component = componentOf({ kind: "driver", name });
  const file = `drivers/${name}.js`;
  return [{
    cause: `${component}:${type}_error`,
    ...{ component, type: `${type}_error`, severity: "medium", times: failed, file },
    message: `${file} fails: ${message}`,
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
  }];
}

const invalid = (message: string) =>
  new PerchError("validation", `sensor: ${message}`, { errors: [{ path: "sensor", message }] });
