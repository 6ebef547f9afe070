/**
 * What nobody sees: everything that is reached without a sign-in, with a screen's link and the public status page on,
 * names what is listed and nothing else; a link ends at once.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { until } from "../support/until.ts";

const EMAIL = "ada.lovelace@example.org";
const json = { "content-type": "application/json" };

async function send(
  app: RunningApp,
  method: string,
  path: string,
  body?: unknown,
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  const answer = await app.ask(path, {
    ...{ role: "admin", method, headers: json },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** A plant with a person, of which a part is shown. */
async function plant(app: RunningApp) {
  const person = await app.parts.access.users.add(
    { email: EMAIL, name: "Ada Lovelace", role: "admin", password: "long enough" },
    systemActor("test"),
  );
  const reading = (machine: string, sensor: string, value: number) => ({ machine, sensor, value });
  await app.ingest([
    reading("hall-1/press-3", "temperature", 61),
    reading("hall-1/press-3", "secret_recipe", 7),
    reading("hall-1/hidden-mixer", "temperature", 40),
    reading("yard/crane", "load", 3),
  ]);
  const { id } = await send(app, "POST", "/api/dashboards", {
    title: "North wall",
    tiles: [
      { kind: "value", sensor: "hall-1/press-3/temperature" },
      { kind: "chart", sensors: ["hall-1/press-3/temperature"] },
      { kind: "table", sensors: ["hall-1/press-3/temperature"] },
      { kind: "status", machine: "hall-1/press-3" },
      { kind: "text", text: "Call **214**" },
    ],
  });
  const link = await send(app, "POST", "/api/kiosk-links", { name: "Wall 7", dashboard: id });
  await send(app, "PATCH", "/api/settings/status_page.enabled", { value: true });
  await send(app, "PATCH", "/api/settings/status_page.machines", { value: "yard" });
  return { person, dashboard: id, link, kiosk: new URL(link.url).pathname };
}

/** All that is found from these addresses by following what is named in answers, and what each said. */
async function crawl(app: RunningApp, from: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const todo = [...from];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (found.has(path) || path.startsWith("/static/")) continue;
    const headers = { accept: "text/html" };
    const answer = await fetch(app.url + path, { headers, redirect: "manual" });
    const text = await answer.text();
    found.set(path, `${answer.status} ${text}`);
    for (const [, name, next] of text.matchAll(/(href|src|action|data-board)="([^"#]+)/g)) {
      if (!next.startsWith("/")) assert.fail(`${path} leads elsewhere: ${name} ${next}`);
      todo.push(next.replaceAll("&amp;", "&"));
    }
  }
  return found;
}

Deno.test("screens and the status page: nobody sees more than what is listed", async () => {
  const app = await runApp();
  try {
    const { person, dashboard, link, kiosk } = await plant(app);
    const all = await crawl(app, [
      kiosk,
      `${kiosk}/now?charts=true`,
      "/status",
      "/status/now?charts=true",
    ]);
    const paths = [...all.keys()].sort();
    assert.deepEqual(
      paths,
      [
        kiosk,
        `${kiosk}/now`,
        `${kiosk}/now?charts=true`,
        "/status",
        "/status/now",
        "/status/now?charts=true",
      ].sort(),
    );
    const said = [...all.values()].join("\n");
    for (const [path, text] of all) assert.match(text, /^200 /, path);
    for (const shown of ["Press 3", "Temperature", "North wall", "Crane", "214", "61.0"]) {
      assert.ok(said.includes(shown), `${shown} is listed`);
    }
    const { registry } = app.parts;
    const hidden = [
      ...registry.all().flatMap(({ id, name }) => [id, name]),
      ...registry.machines.all().flatMap(({ id, path }) => [id, path]),
      ...[person.id, EMAIL, "Lovelace", "Wall 7", dashboard, link.id],
      ...["Hidden", "hidden-mixer", "recipe", "/sensors", "/machines", "/sign-in"],
    ];
    for (const name of hidden) assert.ok(!said.includes(name), `${name} is nobody's business`);
    const status = all.get("/status")! + all.get("/status/now")!;
    for (const name of ["Press", "Temperature"]) assert.ok(!status.includes(name), name);
    // The value of the press, which hashes in addresses of scripts may contain by chance.
    assert.doesNotMatch(status.replaceAll(/<[^>]*>/g, " "), /\b61\b/);

    // It is no sign-in, and nothing can be done with it.
    const secret = kiosk.split("/").at(-1)!;
    for (
      const [name, value] of [["authorization", `Bearer ${secret}`], ["cookie", `perch=${secret}`]]
    ) {
      const answer = await fetch(`${app.url}/api/sensors`, { headers: { [name]: value } });
      assert.equal(answer.status, 401, await answer.text());
    }
    for (const path of [kiosk, `${kiosk}/now`, "/status"]) {
      const answer = await fetch(app.url + path, { method: "POST", body: "x=1" });
      assert.equal(answer.status, 405, await answer.text());
    }
    const wrong = async (path: string) => {
      const answer = await fetch(app.url + path);
      return `${answer.status} ${(await answer.json()).detail}`;
    };
    const never = await wrong("/kiosk/never-given-out/now");
    await send(app, "DELETE", `/api/kiosk-links/${link.id}`);
    assert.match(never, /^404 /);
    assert.equal(await wrong(`${kiosk}/now`), never, "one that ended is as one that never was");
    const page = await crawl(app, [kiosk]);
    assert.match(page.get(kiosk)!, /^404 .*This link shows nothing/);
    assert.ok(!page.get(kiosk)!.includes("North wall"));

    // Another machine takes over the path of one that is listed.
    await send(app, "PATCH", "/api/settings/status_page.machines", { value: "yard/crane" });
    const listed = registry.machines.find("yard/crane")!.id;
    await until(
      "the id of what was listed by path",
      () => app.parts.settings.get("status_page.machines") === listed || null,
    );
    await send(app, "PATCH", "/api/machines/yard/crane", { path: "yard/north-crane" });
    await send(app, "PATCH", "/api/machines/yard/north-crane", { former_paths: [] });
    await send(app, "POST", "/api/machines", { path: "yard/crane", name: "Impostor" });
    const taken = [...(await crawl(app, ["/status"])).values()].join("\n");
    assert.ok(taken.includes("North crane") && !taken.includes("Impostor"), taken);
    // An area is what is below it, also when a machine is called so.
    await app.parts.settings.set("status_page.machines", "yard", "test", () => []);
    await send(app, "POST", "/api/machines", { path: "yard", name: "Hidden yard" });
    const area = (await crawl(app, ["/status"])).get("/status")!;
    assert.ok(area.includes("North crane") && !area.includes("Hidden yard"), area);
    // One that is gone for good leaves neither its place there, which the next one at its path would take, nor notes.
    const { id: gone } = registry.machines.find("yard/crane")!;
    await app.parts.settings.set("status_page.machines", `${gone}, yard`, "test", () => []);
    await send(app, "POST", "/api/notes", {
      machine: "yard/crane",
      text: "oiled",
      at_ms: Date.now(),
    });
    await send(app, "DELETE", "/api/machines/yard/crane");
    const audited = (change: AuditChange) =>
      app.parts.access.audit.statement({ actor: systemActor("test"), ...change });
    await app.parts.machines.purge(Date.now() + 1000, audited);
    assert.equal(registry.machines.find(gone), undefined);
    assert.ok(!app.parts.settings.get("status_page.machines").includes(gone));
    assert.deepEqual(
      (await app.parts.storage.db.query({ sql: "select id from chart_notes" })).rows,
      [],
    );
    await send(app, "PATCH", "/api/settings/status_page.enabled", { value: false });
    const off = await wrong("/status");
    assert.equal(off, await wrong("/nothing/here"), "it is as if it were not there");
    assert.equal(await wrong("/status/now"), off);
  } finally {
    await app.stop();
  }
});

Deno.test("dashboards: what tiles show follows names, limits and deletions", async () => {
  const app = await runApp();
  try {
    const { dashboard } = await plant(app);
    const now = async () => (await send(app, "GET", `/api/dashboards/${dashboard}/now`)).tiles;
    const before = await now();
    assert.equal(before[0].text, "61.0");
    assert.equal(before[1].lines, null, "charts come when they are asked for");
    const { tiles } = await send(app, "GET", `/api/dashboards/${dashboard}/now?charts=true`);
    assert.deepEqual(tiles[1].lines[0].mean, [61]);
    const [{ past }] = tiles[3].others;
    assert.equal(past.at(-1).state, "normal", "its last hours as they were judged");
    assert.equal(past[0].state, "unknown", "Perch did not run");
    const found = async (role: "viewer" | "admin") => {
      const { items } = await (await app.ask("/api/search?q=north+wall", { role })).json();
      return items.filter(({ kind }: { kind: string }) => kind === "dashboard").length;
    };
    assert.deepEqual([await found("viewer"), await found("admin")], [0, 1], "it is somebody's own");
    const sensor = app.parts.registry.find("hall-1/press-3/temperature")!;
    await send(app, "PATCH", `/api/sensors/${sensor.id}`, {
      display_name: "bearing",
      critical_high: 60,
    });
    await app.ingest([{ machine: "hall-1/press-3", sensor: "temperature", value: 62 }]);
    const [value, , table, status] = await now();
    assert.deepEqual([value.title, value.text, value.status], ["Bearing", "62.0", "critical"]);
    assert.equal(table.rows[0].title, "Bearing");
    assert.deepEqual(status.attention.map((one: { status: string }) => one.status), ["critical"]);
    await send(app, "DELETE", `/api/sensors/${sensor.id}`);
    const [gone, chart, rows] = await now();
    assert.deepEqual([gone.title, gone.status], ["Deleted sensor", null]);
    assert.deepEqual([chart.title, rows.rows[0].title], ["Deleted sensor", "Deleted sensor"]);
  } finally {
    await app.stop();
  }
});
