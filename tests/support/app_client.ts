import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import type { Parts } from "../../lib/app/parts.ts";
import type { Route } from "../../routes/http/route.ts";
import { startApp } from "./app.ts";

/** The whole application, with keys to ask it. */
export interface RunningApp {
  url: string;
  dataDir: string;
  parts: Parts;
  routes(): readonly Route[];
  /** Asks with an API key of the given role (default viewer). */
  ask(path: string, init?: RequestInit & { role?: Role }): Promise<Response>;
  /** Stores readings; throws when one is refused. */
  ingest(readings: unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it on a free port; `env` are the variables a user would set. */
export async function runApp(
  ...how: Parameters<typeof startApp>
): Promise<RunningApp> {
  const { app, url, dataDir, close } = await startApp(...how);
  const parts = app.parts();
  const keys: Partial<Record<Role, string>> = {};
  async function keyOf(role: Role): Promise<string> {
    const name = `test ${role}`;
    const { list, add, remove } = parts.access.keys;
    // An earlier run in the same folder had one.
    const before = keys[role] === undefined && list().find((key) => key.name === name);
    if (before) await remove(before.id, systemActor("test"));
    return keys[role] ??= (await add({ name, role }, systemActor("test"))).key;
  }
  const ask: RunningApp["ask"] = async (path, { role = "viewer", ...init } = {}) =>
    await fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${await keyOf(role)}`, ...init.headers },
    });
  return {
    url,
    dataDir,
    parts,
    routes: app.routes,
    ask,
    async ingest(readings) {
      const response = await ask("/api/ingest/batch", {
        role: "engineer",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(readings),
      });
      const text = await response.text();
      if (response.status !== 200 || JSON.parse(text).rejected.length > 0) throw new Error(text);
    },
    stop: close,
  };
}
