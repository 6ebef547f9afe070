import type { SettingKey } from "../settings/registry.ts";
import { createDeviceDecode, type DeviceDecode } from "../sources/devices/decode.ts";
import type { DeviceDialect } from "../sources/devices/device.ts";
import { createDeviceDirectory, type Devices } from "../sources/devices/directory.ts";
import { DEVICE_DIALECTS } from "../sources/devices/mod.ts";
import { loadDevices } from "../sources/devices/store.ts";
import { deviceTopics } from "../sources/devices/topics.ts";
import type { OwnMessage } from "../sources/source.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import { siteZone } from "./site.ts";

export interface DeviceParts {
  devices: Devices;
  /** Every dialect, those that are switched off too. */
  deviceDialects: readonly DeviceDialect[];
  deviceDecode: DeviceDecode;
  deviceTopics: {
    /** Filters and topics that are asked for at a broker elsewhere, beside `asked`. */
    topics(asked: readonly string[]): readonly string[];
    onTopics(listener: () => void): void;
  };
}

/** Changes of topics that come together are asked for together. */
const TOPICS_TOGETHER_MS = 200;
const PUBLISH_MS = 10_000;

/** Devices that announce themselves, and the dialects in which they speak. */
export async function createDeviceParts(
  { clock, log, settings, storage, events, bus, late, ending }: Foundation,
  { registry }: Pick<MachineParts, "registry">,
): Promise<DeviceParts> {
  const deviceLog = log.child("devices");
  const devices = createDeviceDirectory({
    clock,
    log: deviceLog,
    registry,
    rows: await loadDevices(storage.db),
    takesNew: () => settings.get("intake.new_sensors"),
    event: (draft) => events.statement(draft),
    onSensor: (sensor) => bus.publish("sensor.changed", sensor),
  });
  const publish = (message: OwnMessage) =>
    void late.get("publisher").publish(message, AbortSignal.timeout(PUBLISH_MS)).catch((error) =>
      deviceLog.info(`${message.topic} was not published`, { error })
    );
  const deps = {
    ...{ directory: devices, clock, log: deviceLog, settings, publish },
    zone: siteZone(),
  };
  const dialects = DEVICE_DIALECTS.map((create) => create(deps));
  for (const dialect of dialects) devices.restore(dialect);
  const isOn = ({ name }: DeviceDialect) => settings.get(`devices.${name}` as SettingKey) === true;
  let active = dialects.filter(isOn);
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const announceTopics = () => {
    timer ??= setTimeout(() => {
      timer = null;
      for (const listener of listeners) listener();
    }, TOPICS_TOGETHER_MS);
  };
  ending(() => clearTimeout(timer ?? undefined));
  devices.onTopics(announceTopics);
  settings.onChange((key) => {
    if (!key.startsWith("devices.")) return;
    active = dialects.filter(isOn);
    announceTopics();
  });
  return {
    devices,
    deviceDialects: dialects,
    deviceDecode: createDeviceDecode(() => active),
    deviceTopics: {
      topics: (asked) => deviceTopics(active, asked),
      onTopics: (listener) => void listeners.add(listener),
    },
  };
}
