import type { Intake } from "../intake/intake.ts";
import { restMs } from "../notify/backoff.ts";
import { createForwardStore } from "../upstream/edge/forward_store.ts";
import { createMqttFeed } from "../upstream/edge/mqtt_feed.ts";
import type { Task } from "../base/supervisor.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import { mqttClientId } from "./site.ts";

const QUICK_TRIES = 3;

/** Nothing is read at the upstream broker. */
const NOTHING: Pick<Intake, "offer" | "commitSoon" | "onRoom"> = {
  offer(message) {
    message.done("rejected");
    return true;
  },
  commitSoon() {},
  onRoom: () => () => {},
};

/** The feed to a broker that is not Perch's own (UPSTREAM_MQTT_URL); none where there is none. */
export function mqttFeedTasks(
  { config, clock, log: root, storage, bus }: Foundation,
  { registry }: Pick<MachineParts, "registry">,
): Task[] {
  const { upstreamMqtt: url } = config;
  if (url === null) return [];
  const log = root.child("mqtt feed");
  const clientId = `${mqttClientId(config)}-up`.slice(-64);
  return [{
    name: "mqtt feed",
    async run(signal) {
      const { createMqttSource } = await import("../sources/mqtt/client.ts");
      const source = createMqttSource({ intake: NOTHING, clock, log }, {
        ...{ url, clientId, stateTopic: null },
        // A client subscribes to something; nobody writes here.
        topics: [`perch/${clientId}/none`],
      });
      const feed = createMqttFeed({
        ...{ clock, log, readings: storage.readings, byNum: registry.byNum },
        site: config.siteId ?? Deno.hostname(),
        lastGroup: () => createForwardStore(storage.db).lastGroup(),
        publish: (message, ends) => source.publish(message, ends),
        // One that restarts is tried soon, one that is down as any other receiver.
        restMs: (failures) =>
          failures <= QUICK_TRIES ? failures * 1_000 : restMs(failures - QUICK_TRIES, Math.random),
      });
      const end = bus.subscribe("readings", () => feed.wake());
      await source.start();
      try {
        await feed.task.run(signal);
      } finally {
        end();
        await source.stop();
      }
    },
  }];
}
