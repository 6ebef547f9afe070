import type { Log } from "../base/log.ts";
import type { SettingKey } from "../settings/registry.ts";
import { createDeviceDecode, type DeviceDecode } from "../sources/devices/decode.ts";
import type { DeviceDialect } from "../sources/devices/device.ts";
import { createDeviceDirectory, type Devices } from "../sources/devices/directory.ts";
import { KeptMessages, offerKept } from "../sources/devices/kept.ts";
import { DEVICE_DIALECTS } from "../sources/devices/mod.ts";
import { createDeviceService, type DeviceService } from "../sources/devices/service.ts";
import { loadDevices } from "../sources/devices/store.ts";
import { createPlainName } from "../sources/dialects/plain_name.ts";
import { deviceTopics } from "../sources/devices/topics.ts";
import type { OwnMessage } from "../sources/source.ts";
import type { Foundation } from "./foundation.ts";
import type { Late } from "./late.ts";
import type { MachineParts } from "./machines.ts";

export interface DeviceParts {
  deviceService: DeviceService;
  keptMessages: KeptMessages;
  devices: Devices;
  /** Every dialect, those that are switched off too. */
  deviceDialects: readonly DeviceDialect[];
  deviceDecode: DeviceDecode;
  deviceTopics: {
    /** Filters and topics that are asked for at a broker elsewhere, beside `asked`. */
    topics(asked: readonly string[]): readonly string[];
    onTopics(listener: () => void): void;
    /** Perch is connected with the broker, or its own one listens. */
    connected: () => void;
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
  const connected = new Set<(stopping: AbortSignal) => void>();
  const stopping = new AbortController();
  ending(() => stopping.abort());
  const deps = {
    onConnected: (listener: (stopping: AbortSignal) => void) => void connected.add(listener),
    ...{ directory: devices, clock, log: deviceLog, settings, publish },
    plainName: createPlainName(),
  };
  const dialects = DEVICE_DIALECTS.flatMap((create) => create(deps));
  for (const dialect of dialects) devices.restore(dialect);
  const isOn = ({ name }: DeviceDialect) => settings.get(`devices.${name}` as SettingKey) === true;
  let active = dialects.filter(isOn);
  const keptMessages = new KeptMessages();
  const reread = createReread(late, keptMessages, deviceLog);
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const announceTopics = () => {
    timer ??= setTimeout(() => {
      timer = null;
      for (const listener of listeners) listener();
      reread(active.flatMap((one) => [...one.topics?.() ?? []]));
    }, TOPICS_TOGETHER_MS);
  };
  ending(() => clearTimeout(timer ?? undefined));
  devices.onTopics(announceTopics);
  settings.onChange((key) => {
    if (!key.startsWith("devices.")) return;
    active = dialects.filter(isOn);
    announceTopics();
  });
  const deviceDecode = createDeviceDecode({ active: () => active, log: deviceLog });
  const deviceService = createDeviceService({
    ...{ db: storage.db, registry, devices, dialects },
    isActive: isOn,
    counts: deviceDecode.counts,
  });
  return {
    devices,
    deviceService,
    keptMessages,
    deviceDialects: dialects,
    deviceDecode,
    deviceTopics: {
      topics: (asked) => deviceTopics(active, asked),
      onTopics: (listener) => void listeners.add(listener),
      connected() {
        for (const listener of connected) listener(stopping.signal);
      },
    },
  };
}

/** Reads again what a broker keeps under these topics; what is not taken at once is taken when there is room. */
function createReread(late: Late, kept: KeptMessages, log: Log): (topics: string[]) => void {
  let waiting: string[] = [];
  let running = false;
  async function run(): Promise<void> {
    if (running) return;
    running = true;
    try {
      const [{ name: source }] = late.get("sources");
      const broker = late.get("publisher");
      while (waiting.length > 0) {
        const topics = waiting;
        waiting = [];
        const left = await offerKept(
          topics,
          (topic) => kept.get(topic) ?? broker.retained?.(topic),
          (topic, payload) =>
            late.get("codecs").offer({ source, topic, payload, retained: true, done() {} }),
        );
        if (left.length === 0) continue;
        waiting = [...left, ...waiting];
        await new Promise<void>((resolve) => {
          const off = late.get("codecs").onRoom(() => {
            off();
            resolve();
          });
        });
      }
    } catch (error) {
      log.warn("what the broker keeps could not be read again", { error });
    } finally {
      running = false;
    }
  }
  return (topics) => {
    waiting = [...new Set([...waiting, ...topics])];
    void run();
  };
}
