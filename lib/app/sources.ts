import type { Access } from "../access/access.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import { nameId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Intake } from "../intake/intake.ts";
import { createMqttSource } from "../sources/mqtt/client.ts";
import type { Source } from "../sources/source.ts";

export interface SourcesDeps {
  config: Config;
  intake: Intake;
  access: Access;
  clock: Clock;
  log: Log;
}

/** The sources that the configuration asks for: a broker elsewhere, or the embedded one. */
export function createSources(deps: SourcesDeps): Source[] {
  const { mqtt } = deps.config;
  return mqtt.url === null ? [] : [mqttSource(deps, mqtt.url)];
}

function mqttSource({ config, intake, clock, log }: SourcesDeps, url: string): Source {
  const { mqtt } = config;
  return createMqttSource({ intake, clock, log: log.child("mqtt") }, {
    url,
    topics: [...mqtt.topics],
    // One session per data directory: two Perches at one broker must not take each other's.
    clientId: mqtt.clientId ?? `perch-${nameId(`${Deno.hostname()}:${config.dataDir}`, 10)}`,
    user: mqtt.user ?? undefined,
    password: mqtt.password ?? undefined,
    caFile: mqtt.caFile ?? undefined,
    certFile: mqtt.certFile ?? undefined,
    keyFile: mqtt.keyFile ?? undefined,
    version: mqtt.version,
    shareGroup: mqtt.share ?? undefined,
  });
}
