/**
 * What Perch tells Home Assistant about itself by MQTT discovery: how the site is, and each machine. Format:
 * https://www.home-assistant.io/integrations/mqtt/#discovery-messages (device form).
 */
import type { OwnMessage } from "../sources/source.ts";

/** How the site is at the moment. */
export interface SiteNow {
  /** What people call it. */
  name: string;
  version: string;
  /** Where its pages are, if that is known. */
  url: string | null;
  overall: string;
  alarms: { info: number; warning: number; critical: number; waiting: number };
  machines: readonly { id: string; name: string; status: string }[];
}

export interface OwnDevice {
  /** Names this Perch at the broker: letters, digits, `_` and `-`. */
  id: string;
  /** Home Assistant's discovery prefix. */
  prefix: string;
  /** Topic at which the broker itself says `online` or `offline`; null: Perch is the broker. */
  availabilityTopic: string | null;
}

/** Programs of the same name are not taken for devices (`lib/sources/devices/home_assistant`). */
export const ORIGIN = "Perch";
/** More would make a page that nobody reads there. */
const MACHINES_MOST = 300;
const OVERALL_OPTIONS = ["Healthy", "Degraded", "Partial", "Error"];
const COUNTS = {
  critical: "Critical alarms",
  warning: "Warning alarms",
  waiting: "Alarms nobody acknowledged",
} as const;
const WELL = new Set(["normal", "maintenance"]);

const configTopic = ({ prefix, id }: OwnDevice) => `${prefix}/device/${id}/config`;
const stateTopic = ({ id }: OwnDevice) => `perch/${id}/site`;
const machinesTopic = ({ id }: OwnDevice) => `perch/${id}/machines`;

const kept = (topic: string, payload: string): OwnMessage => ({
  topic,
  payload,
  qos: 1,
  retain: true,
});

/** The message that announces Perch and its machines. */
export function announcement(own: OwnDevice, site: SiteNow): OwnMessage {
  const { id, availabilityTopic } = own;
  const about = {
    name: site.name,
    manufacturer: "Perch",
    model: "Perch",
    sw_version: site.version,
  };
  const part = (name: string, more: object) => ({
    unique_id: `${id}_${name}`,
    object_id: `${id}_${name}`,
    state_topic: stateTopic(own),
    ...more,
  });
  const components: Record<string, object> = {
    overall: part("overall", {
      platform: "sensor",
      name: "State",
      device_class: "enum",
      options: OVERALL_OPTIONS,
      value_template: "{{ value_json.overall }}",
    }),
    problem: part("problem", {
      platform: "binary_sensor",
      name: "Problem",
      device_class: "problem",
      value_template: "{{ value_json.problem }}",
    }),
  };
  for (const [name, title] of Object.entries(COUNTS)) {
    components[name] = part(name, {
      platform: "sensor",
      name: title,
      state_class: "measurement",
      value_template: `{{ value_json.${name} }}`,
    });
  }
  for (const machine of site.machines.slice(0, MACHINES_MOST)) {
    const of = `value_json['${machine.id}']`;
    components[`machine_${machine.id}`] = part(`machine_${machine.id}`, {
      platform: "binary_sensor",
      name: machine.name,
      device_class: "problem",
      state_topic: machinesTopic(own),
      value_template: `{{ ${of}.problem }}`,
      json_attributes_topic: machinesTopic(own),
      json_attributes_template: `{{ ${of} | tojson }}`,
    });
  }
  const config = {
    device: {
      identifiers: [id],
      ...about,
      ...site.url === null ? {} : { configuration_url: site.url },
    },
    origin: { name: ORIGIN, sw_version: site.version },
    ...availabilityTopic === null ? {} : { availability_topic: availabilityTopic },
    components,
  };
  return kept(configTopic(own), JSON.stringify(config));
}

/** How the site and each machine are now. */
export function states(own: OwnDevice, { overall, alarms, machines }: SiteNow): OwnMessage[] {
  const onOff = (problem: boolean) => problem ? "ON" : "OFF";
  const { critical, warning, waiting } = alarms;
  const problem = onOff(critical + warning > 0 || overall === "Error");
  const each = machines.slice(0, MACHINES_MOST).map(({ id, status }) => [
    id,
    { status, problem: onOff(!WELL.has(status)) },
  ]);
  return [
    kept(stateTopic(own), JSON.stringify({ overall, problem, critical, warning, waiting })),
    kept(machinesTopic(own), JSON.stringify(Object.fromEntries(each))),
  ];
}

/** Takes everything back: what the broker keeps is removed. */
export function withdrawal(own: OwnDevice): OwnMessage[] {
  return [configTopic(own), stateTopic(own), machinesTopic(own)].map((topic) => kept(topic, ""));
}
