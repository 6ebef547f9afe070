import type { Alarms } from "../alarms/alarms.ts";
import { VERSION } from "../base/version.ts";
import type { Statuses } from "../live/statuses.ts";
import { isPlant } from "../machines/host_machine.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import { type Announcer, createAnnouncer } from "../presence/announcer.ts";
import type { OwnDevice, SiteNow } from "../presence/home_assistant.ts";
import { type Announced, createMdns, type Mdns } from "../presence/mdns.ts";
import type { MqttPublisher } from "../sources/source.ts";
import type { Foundation } from "./foundation.ts";
import { mqttClientId } from "./site.ts";

export interface PresenceParts {
  announcer: Announcer;
  mdns: Mdns;
}

interface PresenceNeeds {
  machines: MachineDirectory;
  statuses: Pick<Statuses, "condition">;
  alarms: Pick<Alarms, "counts">;
  mqtt: MqttPublisher;
  httpPort(): number;
  securePort(): number | null;
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** How this Perch is found on the network, and shown in Home Assistant. */
export function createPresenceParts(
  { config, clock, log: root, settings, components, bus }: Foundation,
  { machines, statuses, alarms, mqtt, httpPort, securePort }: PresenceNeeds,
): PresenceParts {
  const log = root.child("presence");
  const host = Deno.hostname();
  const name = config.siteId ?? host;
  const clientId = mqttClientId(config);
  const mdns = createMdns({
    clock,
    log,
    announced: () =>
      LOOPBACK.test(config.http.host)
        ? { off: "only this host can reach it" }
        : settings.get("presence.mdns")
        ? announced()
        : { off: "switched off" },
  });
  components.registerAll(() =>
    LOOPBACK.test(config.http.host) ? [] : [{
      name: "mdns",
      health: settings.get("presence.mdns") ? "ok" : "off",
      detail: mdns.detail(),
    }]
  );

  function announced(): Announced {
    return {
      name: `Perch on ${host}`,
      host,
      port: securePort() ?? httpPort(),
      txt: {
        ...config.siteId === null ? {} : { id: config.siteId },
        v: VERSION,
        path: "/",
        tls: securePort() === null ? "0" : "1",
      },
      address: config.announcedAddress,
    };
  }

  function site(): SiteNow {
    return {
      name: `Perch ${name}`,
      version: VERSION,
      url: config.http.publicUrl,
      overall: components.overall(),
      alarms: alarms.counts(),
      machines: machines.all().filter(isPlant).map((machine) => ({
        id: machine.id,
        name: machine.name ?? machine.path,
        status: statuses.condition(machine.path).status,
      })),
    };
  }

  const announcer = createAnnouncer({
    clock,
    log,
    site,
    publish: (message, signal) => mqtt.publish(message, signal),
    own: (): OwnDevice | null =>
      settings.get("presence.home_assistant")
        ? {
          id: clientId.replace(/[^\w-]/g, "_"),
          prefix: settings.get("devices.home_assistant_prefix"),
          availabilityTopic: config.mqtt.url === null ? null : `perch/${clientId}/state`,
        }
        : null,
  });
  settings.onChange((key) => {
    if (/^presence\.|^devices\.home_assistant_prefix$/.test(key)) announcer.changed();
  });
  bus.subscribe("alarms", announcer.changed);
  return { announcer, mdns };
}
