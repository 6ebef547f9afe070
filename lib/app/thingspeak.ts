import type { Outgoing } from "../base/outgoing.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { createUploadStore } from "../notify/thingspeak/upload_store.ts";
import { createUploader, type Uploader } from "../notify/thingspeak/uploader.ts";
import { namesOf } from "../settings/setting.ts";
import type { Foundation } from "./foundation.ts";

/** The upload to ThingSpeak; it runs once its task does. */
export function createThingSpeak(
  { config, clock, log, storage, settings, components }: Foundation,
  sensors: SensorDirectory,
  outgoing: Outgoing,
): Uploader {
  const uploader = createUploader({
    clock,
    log: log.child("thingspeak"),
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
  components.register("thingspeak", () => {
    const { health, detail } = uploader.state();
    return { health, detail };
  });
  return uploader;
}
