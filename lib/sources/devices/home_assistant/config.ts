import type { Reject } from "../../../readings/reading.ts";
import { shown } from "../../dialects/dialect.ts";
import { weightFault } from "../../dialects/weight.ts";
import { type Config, expanded, isConfig } from "./abbreviations.ts";
import { type About, aboutOf } from "./about.ts";
import type { Place } from "./common.ts";
import { componentEntities, type Found, isKnown } from "./components.ts";

/** Longest configuration that is read. */
export const CONFIG_BYTES_MOST = 256 * 1024;
/** Most components of one configuration. */
const COMPONENTS_MOST = 1_000;
const VALUES_MOST = 20_000;

/** What a configuration says. */
export interface Announcement {
  about: About;
  found: Found[];
  /** Components that are taken back, by their key. */
  removed: string[];
  rejects: Reject[];
}

const LEVEL = /^[a-zA-Z0-9_-]+$/;
const COMPONENT = /^\w+$/;

/** The place of a topic below the prefix, which begins and ends rightly; null: it is not a legal one. */
export function placeOf(below: string): Place | null {
  const levels = below.split("/");
  if (levels.pop() !== "config" || levels.length < 2 || levels.length > 3) return null;
  const [component, ...ids] = levels;
  if (!COMPONENT.test(component) || !ids.every((id) => LEVEL.test(id))) return null;
  return { component, key: levels.join("/"), object: ids[ids.length - 1] };
}

/** The object that a payload is, its keys long. */
export function readConfig(payload: Uint8Array): Config | Reject {
  if (payload.length > CONFIG_BYTES_MOST) {
    return {
      code: "too_large",
      message: `a discovery config has more than ${CONFIG_BYTES_MOST} bytes`,
    };
  }
  let json: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const tooMuch = weightFault(text, VALUES_MOST);
    if (tooMuch !== null) return tooMuch;
    json = JSON.parse(text);
  } catch {
    return { code: "bad_payload", message: "a discovery config is a JSON object; this is no JSON" };
  }
  if (isConfig(json)) return expanded(json);
  return {
    code: "bad_payload",
    message: `a discovery config is a JSON object, not ${shown(json)}`,
  };
}

/** What the configuration of one component says. */
export function announcementOf(place: Place, config: Config): Announcement {
  if (place.component === "device") return deviceAnnouncement(place, config);
  const out = empty(aboutOf(config, place.key));
  add(out, place, undefined, place.component, config);
  return out;
}

/** Keys that a component has from its device where it has none of its own. */
const SHARED = [
  ...["availability", "availability_mode", "availability_template", "availability_topic"],
  ...["command_topic", "payload_available", "payload_not_available", "state_topic"],
  ...["encoding", "qos"],
] as const;
const AVAILABILITY_KEYS = ["availability", "availability_topic"] as const;

function deviceAnnouncement(place: Place, config: Config): Announcement {
  const { components, origin } = config;
  const out = empty(aboutOf(config, place.key));
  const fault = deviceFault(config);
  if (fault !== null) {
    out.rejects.push({ code: "bad_payload", message: fault });
    return out;
  }
  const shared: Config = {};
  for (const key of SHARED) if (config[key] !== undefined) shared[key] = config[key];
  const entries = Object.entries(components as Config);
  if (entries.length > COMPONENTS_MOST) {
    out.rejects.push({
      code: "too_large",
      message: `a device announces at most ${COMPONENTS_MOST} components`,
    });
  }
  for (const [key, own] of entries.slice(0, COMPONENTS_MOST)) {
    addComponent(out, place, key, own, { ...shared, "~": config["~"], origin });
  }
  return out;
}

function deviceFault({ components, origin, device }: Config): string | null {
  if (!isConfig(device)) return "device is missing from the config of a device";
  if (!isConfig(origin) || typeof origin.name !== "string" || origin.name === "") {
    return "origin with its name is missing from the config of a device";
  }
  return isConfig(components) ? null : "components are missing from the config of a device";
}

function addComponent(
  out: Announcement,
  place: Place,
  key: string,
  own: unknown,
  shared: Config,
): void {
  const reject = (message: string) =>
    void out.rejects.push({ code: "bad_payload", message: `component ${shown(key)}: ${message}` });
  if (!isConfig(own)) return reject("it is no object");
  const config = expanded({ "~": shared["~"], ...own });
  const { platform } = config;
  if (typeof platform !== "string" || platform === "") return reject("platform is missing");
  if (Object.keys(own).every((name) => name === "platform" || name === "p" || name === "~")) {
    out.removed.push(key);
    return;
  }
  if (!isKnown(platform)) return;
  if (typeof config.unique_id !== "string" && typeof config.unique_id !== "number") {
    return reject("unique_id is missing");
  }
  add(out, place, key, platform, { ...withoutOwn(shared, config), ...config });
}

/** A component that says where its availability comes is not told another by its device. */
function withoutOwn(shared: Config, own: Config): Config {
  if (AVAILABILITY_KEYS.every((key) => own[key] === undefined)) return shared;
  const rest = { ...shared };
  for (const key of AVAILABILITY_KEYS) delete rest[key];
  return rest;
}

function add(
  out: Announcement,
  place: Place,
  key: string | undefined,
  component: string,
  config: Config,
): void {
  const found = componentEntities({ component, config, place, key, about: out.about });
  if ("fault" in found) {
    const where = key === undefined ? "" : `component ${shown(key)}: `;
    out.rejects.push({ code: "bad_payload", message: `${where}${found.fault}` });
    return;
  }
  out.found.push(...found.entities);
}

function empty(about: About): Announcement {
  return { about, found: [], removed: [], rejects: [] };
}
