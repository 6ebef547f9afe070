import { nameId } from "../base/ids.ts";
import type { Source } from "../sources/source.ts";
import type { DeviceDialect } from "../sources/devices/device.ts";
import { placeOfUid, SPARKPLUG, type SparkplugDialect } from "../sources/sparkplug/dialect.ts";
import { asksFor, type KnownPlace } from "../sources/sparkplug/topic.ts";
import type { DeviceParts } from "./devices.ts";
import type { Foundation } from "./foundation.ts";
import type { IntakeParts } from "./intake.ts";
import type { SourceParts } from "./sources.ts";

export interface SparkplugParts {
  /** Follows the settings: while it is on, the host application is one of the sources. */
  sparkplug: Pick<Source, "name" | "start" | "stop">;
}

type Needs =
  & Pick<DeviceParts, "devices" | "deviceDialects" | "deviceDecode">
  & Pick<IntakeParts, "intake">
  & Pick<SourceParts, "sources" | "broker">;

/** Nodes that were heard before there was a host. */
const SEEN_MOST = 1_000;

/**
 * The host application of Sparkplug B. It is loaded and connects when it is asked for: by a person, by the topics, by
 * nodes that were there before, or by the first message of a node at the embedded broker.
 */
export function createSparkplugParts(
  { config, clock, log, settings }: Foundation,
  needs: Needs,
): SparkplugParts {
  const { devices, deviceDialects, deviceDecode, intake, sources, broker } = needs;
  const sparkplugLog = log.child(SPARKPLUG);
  const dialect = deviceDialects.find(isSparkplug)!;
  const seen = new Map<string, KnownPlace>();
  let running: Source | null = null;
  let started = false;
  let turn = Promise.resolve();

  const known = () => [
    ...devices.all().flatMap(({ dialect, about }) =>
      dialect === SPARKPLUG ? placeOfUid(about.uid) ?? [] : []
    ),
    ...seen.values(),
  ];

  function isWanted(): boolean {
    if (!started || !settings.get("devices.sparkplug")) return false;
    const asked = settings.view("devices.sparkplug").changed || asksFor(config.mqtt.topics);
    return asked || known().length > 0;
  }

  /** One change after the other. */
  function follow(): Promise<void> {
    turn = turn.then(change).catch((error) => sparkplugLog.error("it cannot run", { error }));
    return turn;
  }

  async function change(): Promise<void> {
    if (running !== null) {
      sources.splice(sources.indexOf(running), 1);
      await running.stop();
      running = null;
    }
    const wanted = isWanted();
    dialect.onSeen(wanted ? null : hear);
    if (!wanted) return;
    running = await makeSource();
    sources.push(running);
    await running.start();
  }

  function hear(place: KnownPlace): void {
    if (seen.size >= SEEN_MOST || broker === null) return;
    const first = seen.size === 0;
    seen.set(`${place.group}/${place.node}`, place);
    if (first) void follow();
  }

  async function makeSource(): Promise<Source> {
    const { createSparkplugSource } = await import("../sources/sparkplug/source.ts");
    const { mqtt } = config;
    const id = nameId(`${Deno.hostname()}:${config.dataDir}`, 10);
    const counts = deviceDecode.counts(SPARKPLUG);
    return createSparkplugSource(
      {
        ...{ intake, directory: devices, clock, log: sparkplugLog },
        onMessage(refused) {
          // What comes by the embedded broker was counted there.
          if (broker !== null) return;
          counts.messages++;
          if (refused) counts.refused++;
          counts.lastMs = clock.now();
        },
      },
      {
        url: mqtt.url ?? `mqtt://${loopbackOf(config.broker.host)}:${broker?.port()}`,
        user: mqtt.user ?? undefined,
        password: mqtt.password ?? undefined,
        caFile: mqtt.caFile ?? undefined,
        certFile: mqtt.certFile ?? undefined,
        keyFile: mqtt.keyFile ?? undefined,
        version: mqtt.url === null ? "3.1.1" : mqtt.version,
        connectTimeoutMs: 10_000,
        clientId: `${mqtt.clientId ?? `perch-${id}`}-sparkplug`,
        hostId: settings.get("sparkplug.host_id"),
        oldState: settings.get("sparkplug.state_2_2"),
        reorderMs: () => settings.get("sparkplug.reorder_ms"),
      },
      known(),
    );
  }

  settings.onChange((key) => {
    const concerns = ["devices.sparkplug", "sparkplug.host_id", "sparkplug.state_2_2"];
    if (started && concerns.includes(key)) void follow();
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

function isSparkplug(dialect: DeviceDialect): dialect is SparkplugDialect {
  return dialect.name === SPARKPLUG;
}

/** Where a broker of this host that listens on `host` is reached from here. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
