import type { Access } from "../access/access.ts";
import { mqttRights } from "../access/mqtt_rights.ts";
import { descriptorLimit } from "../live/sockets.ts";
import type { Broker } from "../sources/broker/broker.ts";
import { createPlaceOf } from "../sources/dialects/topic.ts";
import type { MqttPublisher, Source } from "../sources/source.ts";
import { isForwardTopic } from "../upstream/topics.ts";
import type { CodecParts } from "./codecs.ts";
import type { DeviceParts } from "./devices.ts";
import type { Foundation } from "./foundation.ts";
import type { IntakeParts } from "./intake.ts";
import { mqttClientId } from "./site.ts";
import { atBroker } from "./at_broker.ts";

export interface SourceParts {
  sources: Source[];
  /** One of the sources; null when `MQTT_URL` names another broker. */
  broker: Broker | null;
  /** The way out to whichever broker it is. */
  mqtt: MqttPublisher;
}

type SourcesDeps =
  & Pick<Foundation, "config" | "clock" | "log" | "intakePause">
  & Pick<IntakeParts, "rejects">
  & Pick<CodecParts, "codecs">
  & Pick<DeviceParts, "deviceTopics">
  & { access: Access };

/**
 * The sources that the configuration asks for: a broker elsewhere, or the embedded one. Only the one that is
 * used is loaded: each brings a library that costs start-up time and memory.
 */
export async function createSourceParts(
  { config, clock, log, intakePause }: Foundation,
  { codecs, rejects, deviceTopics }: Pick<SourcesDeps, "codecs" | "rejects" | "deviceTopics">,
  access: Access,
): Promise<SourceParts> {
  const deps = {
    ...{ config, clock, log: log.child("sources"), intakePause },
    ...{ codecs, rejects, deviceTopics, access },
  };
  const { mqtt } = config;
  if (mqtt.url !== null) {
    const source = await mqttSource(deps, mqtt.url);
    return { sources: [source], broker: null, mqtt: source };
  }
  const broker = await embeddedBroker(deps);
  return { sources: [broker], broker, mqtt: broker };
}

async function embeddedBroker(
  { config, codecs, rejects, deviceTopics, access, clock, log }: SourcesDeps,
): Promise<Broker> {
  const { createBroker } = await import("../sources/broker/broker.ts");
  const placeOf = createPlaceOf(config.mqtt.topics);
  const pathOf = (topic: string) => {
    const place = placeOf(topic);
    return "path" in place ? place.path : null;
  };
  return createBroker({
    intake: codecs,
    rejects,
    clock,
    log: log.child("broker"),
    onListening: deviceTopics.connected,
    authenticate(credentials, { loopback }) {
      if (credentials === null) return mqttRights(null, loopback, pathOf);
      const who = access.authenticateMqtt(credentials.user, credentials.password);
      if (who === null) return null;
      const onEnded = (end: () => void) => access.watch(who, end);
      return { ...mqttRights(who, loopback, pathOf), onEnded };
    },
  }, { ...config.broker, ...brokerShare(descriptorLimit()) });
}

/** Files, the database, listeners and what the runtime holds. */
const OWN_DESCRIPTORS = 48;
/** Where this is a limit at all, something is wrong with the host: MQTT must not starve the pages. */
const SMALL_LIMIT = 2_000;

/** Of few file descriptors the broker takes at most half of those that Perch does not need itself. */
function brokerShare(limit: number): { connectionsMost?: number } {
  if (limit > SMALL_LIMIT) return {};
  return { connectionsMost: Math.max(4, Math.floor((limit - OWN_DESCRIPTORS) / 2)) };
}

async function mqttSource(
  { config, codecs, deviceTopics, clock, log, intakePause }: SourcesDeps,
  url: string,
): Promise<Source & MqttPublisher> {
  const { createMqttSource } = await import("../sources/mqtt/client.ts");
  const { mqtt } = config;
  const source = createMqttSource({
    intake: codecs,
    extraTopics() {
      const ofCodecs = codecs.topics();
      return [...ofCodecs, ...deviceTopics.topics([...mqtt.topics, ...ofCodecs])];
    },
    paused: () => intakePause.paused() !== null,
    onConnected: deviceTopics.connected,
    // Of the filters that can be set only these are so wide.
    isForOthers: mqtt.topics.some((filter) => /^(#|\+\/|perch\/)/.test(filter))
      ? isForwardTopic
      : undefined,
    ...{ clock, log: log.child("mqtt") },
  }, {
    url,
    topics: [...mqtt.topics],
    clientId: mqttClientId(config),
    ...atBroker(mqtt),
    shareGroup: mqtt.share ?? undefined,
  });
  codecs.onTopics(() => source.topicsChanged());
  deviceTopics.onTopics(() => source.topicsChanged());
  intakePause.onResume(() => source.resumed());
  return source;
}
