import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "./app_client.ts";

export const ADMIN = ["admin@example.org", "long enough"] as const;
/** The pages that grow with the plant or with what was done. */
export const GROWING_PAGES = [
  "/",
  "/machines",
  "/machines/tree",
  "/sensors",
  "/alarms",
  "/tickets",
  "/events",
  "/predictions",
  "/models",
  "/settings",
  "/settings?section=this-host",
  "/audit",
  "/export",
  "/reports",
  "/sources",
  "/more",
];

const QUANTITIES = ["temperature", "vibration", "pressure", "rpm", "flow_rate", "oil_level"];

/** 41 machines with 404 sensors: two are off, and 60 tickets are open. */
export async function plantOfManySensors(): Promise<RunningApp> {
  const app = await runApp();
  await app.parts.access.users.add(
    { email: ADMIN[0], name: "Ada", role: "admin", password: ADMIN[1] },
    systemActor("test"),
  );
  const machines = Array.from({ length: 41 }, (_, i) => `hall-${i % 4 + 1}/press-${i + 1}`);
  const readings = machines.flatMap((machine, i) =>
    Array.from({ length: i === 0 ? 4 : 10 }, (_, k) => ({
      machine,
      sensor: QUANTITIES[k] ?? `channel_${k}`,
      value: 20 + k,
    }))
  );
  await app.ingest(readings);
  for (const [machine, limit] of [["press-2", "critical_high"], ["press-3", "warning_high"]]) {
    const { id } = app.parts.registry.find(`${machine}/temperature`)!;
    await change(app, "PATCH", `/api/sensors/${id}`, { [limit]: 10 });
  }
  await app.ingest(
    machines.slice(1, 3).map((machine) => ({
      machine,
      sensor: "temperature",
      value: 50,
    })),
  );
  for (let i = 0; i < 60; i++) {
    await change(app, "POST", "/api/tickets", { title: `Oil leaks below press ${i}` });
  }
  return app;
}

async function change(app: RunningApp, method: string, path: string, body: unknown): Promise<void> {
  const response = await app.ask(path, {
    role: "engineer",
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.text());
}
