import type { Intake } from "../intake/intake.ts";
import { restMs } from "../notify/backoff.ts";
import { type Aside, createAside } from "../upstream/edge/aside_store.ts";
import type { JournalPage } from "../readings/store.ts";
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
      const { start, stop, send } = await openWay(foundation, registry, url);
      const feed = createMqttFeed({
        ...{ clock, log, readings: storage.readings, aside, events, write: storage.db.write, send },
        bounds: () => ({
          keepMs: settings.get("forwarding.keep_days") * DAY_MS,
          keepBytes: settings.get("forwarding.keep_mb") * MEGABYTE,
        }),
        lastGroup: () => createForwardStore(storage.db).lastGroup(),
        // One that restarts is tried soon, one that is down as any other receiver.
        restMs: (failures) =>
          failures <= QUICK_TRIES ? failures * 1_000 : restMs(failures - QUICK_TRIES, Math.random),
      });
      trouble = feed.trouble;
      const end = bus.subscribe("readings", () => feed.wake());
      await start();
      try {
        await feed.task.run(signal);
      } finally {
        end();
        await stop();
      }
    },
  }];
}

/** A connection to the broker that readings are sent through, in the form that is set. */
interface Way {
  start(): void | Promise<void>;
  stop(): Promise<void>;
  send(page: JournalPage, signal: AbortSignal): Promise<void>;
}

function openWay(
  foundation: Foundation,
  registry: MachineParts["registry"],
  url: string,
): Promise<Way> {
  const { upstreamFormat } = foundation.config;
  return upstreamFormat === null
    ? plainWay(foundation, registry, url)
    : sparkplugWay(foundation, registry, { url, group: upstreamFormat.sparkplugGroup });
}

const siteOf = ({ siteId }: Foundation["config"]) => siteId ?? Deno.hostname();
const clientIdOf = (config: Foundation["config"]) => `${mqttClientId(config)}-up`.slice(-64);

async function plainWay(
  { config, clock, log }: Foundation,
  { byNum }: MachineParts["registry"],
  url: string,
): Promise<Way> {
  const { createMqttSource } = await import("../sources/mqtt/client.ts");
  const clientId = clientIdOf(config);
  const source = createMqttSource({ intake: NOTHING, clock, log: log.child("mqtt feed") }, {
    ...{ url, clientId, stateTopic: null },
    // A client subscribes to something; nobody writes here.
    topics: [`perch/${clientId}/none`],
  });
  const names = { site: siteOf(config), byNum };
  return {
    start: () => source.start(),
    stop: () => source.stop(),
    async send(page, ends) {
      await Promise.all(messagesOf(page, names).map((one) => source.publish(one, ends)));
    },
  };
}

/** Perch as an edge node of Sparkplug B. */
async function sparkplugWay(
  { config, clock, log, bus }: Foundation,
  { all }: MachineParts["registry"],
  { url, group }: { url: string; group: string },
): Promise<Way> {
  const { createEdgeLine } = await import("../sources/sparkplug/edge/line.ts");
  const line = createEdgeLine({ clock, log: log.child("mqtt feed") }, {
    ...{ url, group, node: siteOf(config), clientId: clientIdOf(config), sensors: all },
  });
  const end = bus.subscribe("sensor.changed", () => line.changed());
  return {
    start: line.start,
    async stop() {
      end();
      await line.stop();
    },
    async send({ sensor, tMs, value }, ends) {
      const readings = Array.from(sensor, (num, i) => ({ num, tMs: tMs[i], value: value[i] }));
      await line.send(readings, ends);
    },
  };
}

/** It was switched off: the journal waits for nobody any more. */
async function forget({ readings }: Foundation["storage"], aside: Aside): Promise<void> {
  if (await readings.cursor(READER) === null) return;
  await readings.dropCursor(READER, [aside.drop(Number.MAX_SAFE_INTEGER)]);
}
