/** A Perch of the scenario, as its owner asks it. */
import { until } from "../until.ts";

export interface PiSite {
  url: string;
  headers: Record<string, string>;
  ask(method: string, path: string, body?: unknown): Promise<Response>;
  /** The answer of a question that is answered in JSON. */
  // deno-lint-ignore no-explicit-any -- of the API, which other tests look at
  json(method: string, path: string, body?: unknown): Promise<any>;
}

export function piSite(url: string, key: string): PiSite {
  const headers = { authorization: `Bearer ${key}` };
  const ask: PiSite["ask"] = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.ok) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  return {
    ...{ url, headers, ask },
    json: async (method, path, body) => await (await ask(method, path, body)).json(),
  };
}

/** A machine with ten sensors that training learns from, one row each ten seconds until now. */
export const TRAINED = "pi/trained";
const TRAINED_SENSORS = 10;
const STEP_MS = 10_000;
const ROWS_AT_ONCE = 50;

export async function fillTrained({ url, headers }: PiSite, rows: number): Promise<void> {
  const startMs = Date.now() - rows * STEP_MS;
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    let lines = "";
    for (let row = from; row < Math.min(rows, from + ROWS_AT_ONCE); row++) {
      for (let s = 0; s < TRAINED_SENSORS; s++) {
        const value = 40 + s + 5 * Math.sin(row / 30 + s) + Math.random();
        lines += `x,machine=${TRAINED},sensor=s${s} value=${value.toFixed(2)} ${
          startMs + row * STEP_MS
        }\n`;
      }
    }
    const answer = await fetch(`${url}/api/v2/write?precision=ms`, {
      method: "POST",
      headers: { ...headers, "content-type": "text/plain" },
      body: lines,
    });
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}

/** Nothing is being trained. */
export async function untilTrained(site: PiSite, withinMs: number): Promise<void> {
  await until(
    "the end of a training",
    async () => (await site.json("GET", "/api/ai/status")).training.length === 0 || null,
    withinMs,
  );
}

/** Adds a camera and waits for its pictures; gives its id. */
export async function addCamera(
  site: PiSite,
  name: string,
  kind: string,
  url: string,
  withinMs: number,
): Promise<string> {
  const { id } = await site.json("POST", "/api/cameras", { name, kind, options: { url } });
  await until(`pictures of ${name}`, async () => {
    const { state } = await site.json("GET", `/api/cameras/${id}/status`);
    return state === "live" || null;
  }, withinMs);
  return id;
}
