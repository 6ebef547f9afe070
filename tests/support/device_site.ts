import { systemActor } from "../../lib/access/audit_row.ts";
import type { Parts } from "../../lib/app/parts.ts";
import "../../lib/base/denied_env.ts";
import { connectAsync } from "mqtt";
import { startApp } from "./app.ts";
import { sabotaged } from "./sabotage.ts";

/** A Perch with its own broker, as devices meet it, that can be restarted on the same data. */
export interface DeviceSite {
  readonly parts: Parts;
  /** Publishes one message after the other with QoS 1: acknowledged, so committed. */
  publish(...messages: [topic: string, payload: string | Uint8Array][]): Promise<void>;
  /** Posts a body; the status and what was answered. */
  post(path: string, body: unknown): Promise<{ status: number; text: string }>;
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  page(path: string): Promise<string>;
  /** The raw readings of a sensor by full name. */
  values(sensor: string): Promise<(number | string)[]>;
  /** Full names of all sensors. */
  names(): string[];
  restart(): Promise<void>;
}

/** A range that holds everything, readings of clocks that are a little ahead too. */
export const WHOLE = { from: "0", to: String(Date.UTC(2099, 0, 1)) };

/**
 * The deliberate breaks of the tests on devices: what is sent is heard as by a Perch that does not have the rule.
 * `SABOTAGE=device_clocks` hears no time, `device_units` no unit; to `device_words` a sensor has two words at most.
 */
function heard(body: unknown): unknown {
  const deafTo = sabotaged("device_clocks") ? "ts" : sabotaged("device_units") ? "unit" : null;
  if (deafTo === null || typeof body !== "object" || body === null) return body;
  if (Array.isArray(body)) return body.map(heard);
  // What makes a sensor is no reading.
  return "value" in body ? { ...body, [deafTo]: undefined } : body;
}

function twoWordsAtMost(): (topic: string, payload: string | Uint8Array) => boolean {
  const said = new Map<string, Set<string>>();
  return (topic, payload) => {
    if (!sabotaged("device_words")) return true;
    const words = said.get(topic) ?? new Set();
    said.set(topic, words);
    if (words.size < 2) words.add(String(payload));
    return words.has(String(payload));
  };
}

/** Runs `work` on a new site. */
export async function withDeviceSite(
  work: (site: DeviceSite) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-devices-" });
  const start = () => startApp({ PERCH_DATA: dataDir, ...env });
  let app = await start();
  const isHeard = twoWordsAtMost();
  const named = { name: "devices", role: "engineer" } as const;
  const { key } = await app.app.parts().access.keys.add(named, systemActor("test"));
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(app.url + path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
    });
  const get: DeviceSite["get"] = async (path) => {
    const response = await ask(path);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const site: DeviceSite = {
    get parts() {
      return app.app.parts();
    },
    async publish(...messages) {
      const port = app.app.parts().broker!.port();
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
      for (const [topic, payload] of messages) {
        if (!isHeard(topic, payload)) continue;
        await client.publishAsync(topic, payload as string, { qos: 1 });
      }
      await client.endAsync();
    },
    async post(path, body) {
      const response = await ask(path, {
        method: "POST",
        headers: { "content-type": typeof body === "string" ? "text/plain" : "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(heard(body)),
      });
      return { status: response.status, text: await response.text() };
    },
    get,
    page: async (path) => await (await ask(path)).text(),
    async values(sensor) {
      const query = new URLSearchParams({ sensor, points: "0", ...WHOLE });
      return (await get<{ v: (number | string)[] }>(`/api/readings?${query}`)).v;
    },
    names: () => app.app.parts().registry.all().map(({ name }) => name),
    async restart() {
      await app.close();
      app = await start();
    },
  };
  try {
    await work(site);
  } finally {
    await app.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}
