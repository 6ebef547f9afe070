/** What `tasmota/discovery/<MAC>/config` says. */
import { isObject, type Json, textIn } from "../kit/content.ts";
import { type Layout, layoutOf } from "./layout.ts";

export const TASMOTA = "tasmota";

/** A device as it is known: by discovery, or by what it sends. */
export interface Source {
  layout: Layout;
  mac?: string;
  offline: string;
  online: string;
  /** What its relays say for off and on. */
  states: [string, string];
  /** It sleeps between its messages, and says that it is offline each time. */
  sleeps?: boolean;
}

export interface Config {
  source: Source & { mac: string };
  about: { name: string; model?: string; software?: string };
  relays: { power: string; number: number; name: string; light: boolean }[];
}

export const USUAL: Omit<Source, "layout"> = {
  offline: "Offline",
  online: "Online",
  states: ["OFF", "ON"],
};

const RELAY = 1, LIGHT = 2;
const RELAYS_MOST = 32;

/** A device's own account of itself; a sentence says what is missing. */
export function configOf(json: Json, mac: string): Config | string {
  if (textIn(json.mac)?.replaceAll(":", "").toLowerCase() !== mac) {
    return `the mac in it is not that of its topic, ${mac}`;
  }
  const topic = textIn(json.t);
  const fullTopic = textIn(json.ft);
  if (topic === undefined || fullTopic === undefined) return "t and ft are needed: its topic";
  const prefixes = Array.isArray(json.tp) ? json.tp : ["cmnd", "stat", "tele"];
  if (prefixes.length < 3 || prefixes.some((one) => typeof one !== "string" || one === "")) {
    return "tp is a list of three texts: cmnd, stat and tele";
  }
  const names = { topic, hostname: textIn(json.hn) ?? "", mac: mac.toUpperCase() };
  const layout = layoutOf(fullTopic, prefixes, names);
  if (layout === null) return "ft, tp and t make no topics";
  const [off, on] = Array.isArray(json.state) ? json.state : [];
  const model = textIn(json.md);
  const software = textIn(json.sw);
  return {
    source: {
      layout,
      mac,
      offline: textIn(json.ofln) ?? USUAL.offline,
      online: textIn(json.onln) ?? USUAL.online,
      states: [textIn(off) ?? "OFF", textIn(on) ?? "ON"],
      ...(json.dslp === 1 ? { sleeps: true } : {}),
    },
    about: {
      name: textIn(json.dn) ?? firstName(json.fn) ?? topic,
      ...(model ? { model } : {}),
      ...(software ? { software } : {}),
    },
    relays: relaysOf(json),
  };
}

function firstName(names: unknown): string | undefined {
  return Array.isArray(names) ? textIn(names[0]) : undefined;
}

function relaysOf(json: Json): Config["relays"] {
  const kinds = (Array.isArray(json.rl) ? json.rl : []).slice(0, RELAYS_MOST);
  const names = Array.isArray(json.fn) ? json.fn : [];
  const several = kinds.filter((kind) => typeof kind === "number" && kind > 0).length > 1 ||
    isObject(json.so) && json.so["26"] === 1;
  return kinds.flatMap((kind, i) => {
    if (kind !== RELAY && kind !== LIGHT) return [];
    const own = textIn(names[i]);
    const light = kind === LIGHT;
    const word = light ? "Light" : "Relay";
    const name = own !== undefined && own !== textIn(json.dn)
      ? own
      : several
      ? `${word} ${i + 1}`
      : word;
    return [{ power: several ? `POWER${i + 1}` : "POWER", number: i + 1, name, light }];
  });
}
