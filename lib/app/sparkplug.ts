import { nameId } from "../base/ids.ts";
import type { Source } from "../sources/source.ts";
import type { DeviceDialect } from "../sources/devices/device.ts";
import type { SparkplugDialect } from "../sources/sparkplug/dialect.ts";
import { createInnerHost } from "../sources/sparkplug/inner.ts";
import { NAMESPACE, placeOfUid, SPARKPLUG } from "../sources/sparkplug/topic.ts";
import type { DeviceParts } from "./devices.ts";
import type { Foundation } from "./foundation.ts";
import type { IntakeParts } from "./intake.ts";
import type { SourceParts } from "./sources.ts";
import { atBroker } from "./at_broker.ts";

export interface SparkplugParts {
  /** Follows the settings: while it is on, the host application is one of the sources. */
  sparkplug: Pick<Source, "name" | "start" | "stop">;
}

type Needs =
  & Pick<DeviceParts, "devices" | "deviceDialects" | "deviceDecode">
  & Pick<IntakeParts, "intake">
  & Pick<SourceParts, "sources" | "broker" | "mqtt">;

const CONCERNS = ["devices.sparkplug", "sparkplug.host_id", "sparkplug.state_2_2"];
const PUBLISH_MS = 5_000;
/** From the decision on a message until the broker has passed it on. */
const PASSED_ON_MS = 50;
const FULL_MS = 1_000;

/** The host application of Sparkplug B: at the embedded broker, or with a connection to the one elsewhere. */
export function createSparkplugParts(foundation: Foundation, needs: Needs): SparkplugParts {
  const { settings } = foundation;
  const log = foundation.log.child(SPARKPLUG);
  const { sources, broker, deviceDialects } = needs;
  const dialect = deviceDialects.find(isSparkplug)!;
  let running: Source | null = null;
  let started = false;
  let turn = Promise.resolve();

  /** One change after the other. */
  function follow(): Promise<void> {
    turn = turn.then(change).catch((error) => log.error("it cannot run", { error }));
    return turn;
  }

  async function change(): Promise<void> {
    dialect.readBy(null);
    if (running !== null) {
      const at = sources.indexOf(running);
      if (at >= 0) sources.splice(at, 1);
      await running.stop();
      running = null;
    }
    if (!started || !settings.get("devices.sparkplug")) return;
    running = broker === null ? await elsewhere(foundation, needs) : inner();
    if (broker === null) sources.push(running);
    await running.start();
  }

  /** It stands among the sources once it has heard something. */
  function inner(): Source {
    const { devices, mqtt } = needs;
    const host = createInnerHost(
      {
        directory: devices,
        clock: foundation.clock,
        publish: (message) => mqtt.publish(message, AbortSignal.timeout(PUBLISH_MS)),
        passedOn: (then) => queueMicrotask(() => passedOn(needs.intake, then)),
      },
      hostOptions(foundation),
      known(needs),
    );
    dialect.readBy((message) => {
      const decoded = host.hear(message);
      if (decoded.by !== undefined && !sources.includes(host)) sources.push(host);
      return decoded;
    });
    return host;
  }

  settings.onChange((key) => {
    if (started && CONCERNS.includes(key)) void follow();
  });
  return {
    sparkplug: {
      name: SPARKPLUG,
      start() {
        started = true;
        return follow();
      },
      stop() {
        started = false;
        return follow();
      },
    },
  };
}

/** What the broker took before is decided on before this is, and then passed on. */
function passedOn(intake: Needs["intake"], then: () => void): void {
  const later = () => setTimeout(then, PASSED_ON_MS);
  const mark = {
    ...{ source: SPARKPLUG, topic: NAMESPACE, payload: new Uint8Array(), done: later },
    decoded: { drafts: [], rejects: [] },
  };
  if (!intake.offer(mark)) setTimeout(() => passedOn(intake, then), FULL_MS);
}

/** The client of a broker elsewhere: its library is loaded with it. */
async function elsewhere(
  { config, clock, log, settings }: Foundation,
  needs: Needs,
): Promise<Source> {
  const { createSparkplugSource } = await import("../sources/sparkplug/source.ts");
  const { mqtt } = config;
  const own = nameId(`${Deno.hostname()}:${config.dataDir}`, 10);
  const counts = needs.deviceDecode.counts(SPARKPLUG);
  return createSparkplugSource(
    {
      ...{ intake: needs.intake, directory: needs.devices, clock, log: log.child(SPARKPLUG) },
      onMessage(refused) {
        counts.messages++;
        if (refused) counts.refused++;
        counts.lastMs = clock.now();
      },
    },
    {
      url: mqtt.url!,
      ...atBroker(mqtt),
      connectTimeoutMs: 10_000,
      clientId: `${mqtt.clientId ?? `perch-${own}`}-sparkplug`,
      ...hostOptions({ settings }),
    },
    known(needs),
  );
}

function hostOptions({ settings }: Pick<Foundation, "settings">) {
  return {
    hostId: settings.get("sparkplug.host_id"),
    oldState: settings.get("sparkplug.state_2_2"),
    reorderMs: () => settings.get("sparkplug.reorder_ms"),
  };
}

/** Nodes and devices that were announced before. */
function known({ devices }: Pick<Needs, "devices">) {
  return devices.all().flatMap(({ dialect, about }) =>
    dialect === SPARKPLUG ? placeOfUid(about.uid) ?? [] : []
  );
}

function isSparkplug(dialect: DeviceDialect): dialect is SparkplugDialect {
  return dialect.name === SPARKPLUG;
}
