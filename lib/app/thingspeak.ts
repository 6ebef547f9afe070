import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { Components } from "../live/components.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { createUploadStore } from "../notify/thingspeak/upload_store.ts";
import { createUploader, type Uploader } from "../notify/thingspeak/uploader.ts";
import { namesOf } from "../settings/setting.ts";
import type { Settings } from "../settings/settings.ts";
import type { Storage } from "./storage.ts";

/** The upload to ThingSpeak; it runs once its task does. */
export function createThingSpeak(
  parts: {
    config: Config;
    clock: Clock;
    log: Log;
    storage: Storage;
    settings: Settings;
    sensors: SensorDirectory;
    outgoing: Outgoing;
    components: Components;
  },
): Uploader {
  const { config, clock, log, storage, settings, sensors, outgoing } = parts;
  const uploader = createUploader({
    clock,
    log,
    readings: storage.readings,
    sensors,
    store: createUploadStore(storage.db),
    outgoing,
    config() {
      const channelId = settings.get("thingspeak.channel");
      const writeKey = settings.get("thingspeak.write_key");
      if (channelId === "" || writeKey === "") return null;
      return {
        baseUrl: config.thingspeak.baseUrl,
        channelId,
        writeKey,
        readKey: settings.get("thingspeak.read_key") || null,
        fields: namesOf(settings.get("thingspeak.fields")),
        intervalMs: settings.get("thingspeak.interval_s") * 1000,
      };
    },
  });
  parts.components.register("thingspeak", () => {
    const { health, detail } = uploader.state();
    return { health, detail };
  });
  return uploader;
}
