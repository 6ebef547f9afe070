import type { Intake } from "../intake/intake.ts";
import { restMs } from "../notify/backoff.ts";
import { type Aside, createAside } from "../upstream/edge/aside_store.ts";
import { createForwardStore } from "../upstream/edge/forward_store.ts";
import { createMqttFeed, READER } from "../upstream/edge/mqtt_feed.ts";
import { messagesOf } from "../upstream/edge/plain_messages.ts";
import type { Task } from "../base/supervisor.ts";
import { DAY_MS } from "../words/times.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import { mqttClientId } from "./site.ts";

const QUICK_TRIES = 3;
const MEGABYTE = 1_000_000;
const COMPONENT = "upstream broker";

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
export async function mqttFeedTasks(
  foundation: Foundation,
  { registry }: Pick<MachineParts, "registry">,
): Promise<Task[]> {
  const { config, clock, log: root, storage, bus, settings, events, components } = foundation;
  const { upstreamMqtt: url } = config;
  const aside = createAside(READER, storage);
  if (url === null) {
    await forget(storage, aside);
    return [];
  }
  const log = root.child("mqtt feed");
  const clientId = `${mqttClientId(config)}-up`.slice(-64);
  let trouble: () => string | null = () => null;
  components.registerAll(() => {
    const why = trouble();
    return [{
      name: COMPONENT,
      health: why === null ? "ok" : "degraded",
      detail: why === null
        ? "It has taken every reading"
        : `Readings wait for the upstream broker: ${why}`,
    }];
  });
  return [{
    name: "mqtt feed",
    async run(signal) {
      const { createMqttSource } = await import("../sources/mqtt/client.ts");
      const source = createMqttSource({ intake: NOTHING, clock, log }, {
        ...{ url, clientId, stateTopic: null },
        // A client subscribes to something; nobody writes here.
        topics: [`perch/${clientId}/none`],
      });
      const names = { site: config.siteId ?? Deno.hostname(), byNum: registry.byNum };
      const feed = createMqttFeed({
        ...{ clock, log, readings: storage.readings, aside, events, write: storage.db.write },
        bounds: () => ({
          keepMs: settings.get("forwarding.keep_days") * DAY_MS,
          keepBytes: settings.get("forwarding.keep_mb") * MEGABYTE,
        }),
        lastGroup: () => createForwardStore(storage.db).lastGroup(),
        async send(page, ends) {
          await Promise.all(messagesOf(page, names).map((one) => source.publish(one, ends)));
        },
        // One that restarts is tried soon, one that is down as any other receiver.
        restMs: (failures) =>
          failures <= QUICK_TRIES ? failures * 1_000 : restMs(failures - QUICK_TRIES, Math.random),
      });
      trouble = feed.trouble;
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

/** It was switched off: the journal waits for nobody any more. */
async function forget({ readings }: Foundation["storage"], aside: Aside): Promise<void> {
  if (await readings.cursor(READER) === null) return;
  await readings.dropCursor(READER, [aside.drop(Number.MAX_SAFE_INTEGER)]);
}
