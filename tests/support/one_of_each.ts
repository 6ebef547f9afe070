import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { createUsageStore } from "../../lib/ai/usage_store.ts";
import { commandRuleShape } from "../../lib/commands/rule.ts";
import { specShape } from "../../lib/computed/spec.ts";
import { createDashboardStore } from "../../lib/dashboards/dashboard_store.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import type { Correction, Trial } from "../../lib/faults/corrections/correction.ts";
import { createCorrectionStore } from "../../lib/faults/corrections/correction_store.ts";
import { diffOf } from "../../lib/faults/corrections/diff.ts";
import { diffHashOf, sha256 } from "../../lib/faults/corrections/hash.ts";
import type { JobKind } from "../../lib/jobs/job.ts";
import { createJobStore } from "../../lib/jobs/jobs_store.ts";
import { createPushStore } from "../../lib/notify/push/push_store.ts";
import { createOutboxStore } from "../../lib/notify/outbox_store.ts";
import { scheduledShape } from "../../lib/reports/schedules/schedule.ts";
import { createScheduleStore } from "../../lib/reports/schedules/schedule_store.ts";
import type { Route } from "../../routes/http/route.ts";
import { EXAMPLE } from "../../routes/scripts/api.ts";
import type { AppUnderTest } from "./app.ts";
import { keepPicture } from "./camera_images.ts";
import { createHardwareStore } from "../../lib/sources/hardware/hardware_store.ts";
import type { TicketAction } from "../../lib/tickets/ticket.ts";
import { alarmEvent } from "./events.ts";
import { picture } from "./pictures.ts";
import { writeBackup } from "./backups.ts";
import { forwardedFrom } from "./forwarded.ts";
import { freePort } from "./port.ts";
import { until } from "./until.ts";

export const PASSWORD = "long enough";
const tester = systemActor("test");
/** As the examples of the API name it. */
const KEPT_PICTURE_MS = 1_764_446_400_000;

/**
 * One of everything that routes speak of, and an admin. Gives what stands for `:id` below a route's path; who
 * adds a route with an id adds its thing here, and every documented example and hostile text reaches it.
 */
export async function oneOfEach(
  under: AppUnderTest,
  adminEmail: string,
): Promise<Record<string, string>> {
  const { access } = under.app.parts();
  const user = await access.users.add(
    { email: "other@example.org", role: "viewer", password: PASSWORD },
    tester,
  );
  const admin = await access.users.add(
    { email: adminEmail, role: "admin", password: PASSWORD },
    tester,
  );
  const { entry, key } = await access.keys.add({ name: "fixture", role: "engineer" }, tester);
  under.app.parts().devices.announce("home_assistant", { uid: "ha:press7", name: "Press 7" }, [
    { uid: "ha:press7_uptime", name: "Uptime", kind: "number", enabled: false, source: {} },
  ]);
  // Its unit changes, so that somebody can choose what becomes of the other.
  for (const reading of [{ value: 61, unit: "°C" }, { value: 142, unit: "°F" }]) {
    const stored = await fetch(`${under.url}/api/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ machine: "hall-1/press-3", sensor: "temperature", ...reading }),
    });
    assert.equal(stored.status, 200, await stored.text());
  }
  const window = await under.app.parts().machines.addWindow(
    { path: "", title: "Fixture", timing: { kind: "once", from: 1, to: 2 } },
    (change) => access.audit.statement({ actor: tester, ...change }),
  );
  const { registry, detection } = under.app.parts();
  const [anomaly] = await detection.findings.add([{
    sensor: registry.find("hall-1/press-3/temperature")!.num,
    groupId: 1,
    item: 0,
    finding: {
      detector: "streaming",
      tMs: Date.now(),
      phase: "point",
      severity: "warning",
      score: 0.7,
      reason: { text: "61 where 40 is usual", value: 61, numbers: { point: 3 } },
    },
  }]);
  const { predictions } = under.app.parts();
  await predictions.look({ all: true });
  const [said] = (await predictions.store.outlooks({})).items;
  const prediction = await predictions.store.addOutlook({ ...said, class: "critical" });
  const nowMs = Date.now();
  const backtest = await under.app.parts().backtests.start({
    sensor: registry.find("hall-1/press-3/temperature")!,
    detector: "zscore",
    options: {},
    fromMs: nowMs - 3_600_000,
    toMs: nowMs + 1,
    by: "fixture",
  });
  await writeBackup(under.dataDir, { sequence: 2, createdMs: nowMs });
  const upload = await under.app.parts().uploads.begin(
    { name: "fixture.tar.gz", bytes: 1_000, sha256: null },
    "fixture",
  );
  const { scripts } = under.app.parts();
  const { params: script, source } = EXAMPLE;
  await scripts.write(script, source, { actor: "fixture", reason: "edited", expectedHash: null });
  scripts.addSample(script, "a/b", new TextEncoder().encode("{}"), nowMs);
  const [version] = (await scripts.versions(script)).items;
  const { components } = under.app.parts().reported;
  await components.report("old-gateway", { state: "offline" }, "fixture");
  const analysis = await under.app.parts().analyses.analyse("asked");
  const { db } = under.app.parts().storage;
  await db.write(
    createPushStore(db).put({
      ...{
        id: "fixture-browser",
        userId: admin.id,
        sessionId: "fixture",
        agent: "fixture",
        createdMs: 1,
        lastUsedMs: null,
      },
      ...{ endpoint: "https://push.example.org/fixture", p256dh: "AA", auth: "AA" },
    }),
  );
  await db.write([createUsageStore(db).add("2026-11-01", "a-model", 1_000)]);
  const faulty = await faultsFixture(under);
  await db.write([createCorrectionStore(db).put(correctionOf(Number(faulty["/api/faults/:id"])))]);
  // Nothing is started for it.
  const { cameras } = under.app.parts();
  const camera = await cameras.add(
    { name: "Fixture", kind: "file", options: { file: "fixture.mp4" }, enabled: false },
    (change) => access.audit.statement({ actor: tester, ...change }),
  );
  const computed = await under.app.parts().computed.add(
    {
      name: "hall-1/press-3/doubled",
      spec: specShape.parse({ how: "sum", inputs: [{ sensor: "hall-1/press-3/temperature" }] }),
    },
    (change) => access.audit.statement({ actor: tester, ...change }),
  );
  // Before the jobs rest.
  const imports = await importsFixture(under);
  const kept = { cameraId: camera.id, tMs: KEPT_PICTURE_MS };
  await keepPicture({ db, dataDir: under.dataDir }, kept);
  const note = await under.app.parts().notes.add(
    { text: "Fixture", at_ms: nowMs, sensor: "hall-1/press-3/temperature" },
    {
      ...{ id: user.id, name: "other", moderator: false },
      audited: (change) => access.audit.statement({ actor: tester, ...change }),
    },
  );
  return {
    ...faulty,
    "/api/notes/:id": note.id,
    "/api/cameras/:id": camera.id,
    "/api/computed/:id": computed.sensor.id,
    ...await sitesFixture(under),
    ...await hardwareFixture(under),
    ...await commandsFixture(under),
    ...await dashboardsFixture(under),
    ...await probesFixture(under),
    ...await outboxFixture(under),
    ...await reportScheduleFixture(under),
    ...await jobFixture(under, "report", "/api/reports"),
    ...await jobFixture(under, "export", "/api/exports"),
    "/api/ai/analyses/:id": String(analysis.id),
    "/api/backtests/:id": backtest.id,
    ...await alarmsFor(under, key, ["ack", "resolve", "verdict", "shelve", "unshelve"]),
    ...await ticketsFor(under, adminEmail),
    // One that is under way, to be cancelled.
    ...await jobFixture(under, "import", "/api/imports"),
    ...imports,
    "/api/backups/:id": await writeBackup(under.dataDir, { sequence: 1, createdMs: nowMs }),
    "/api/restore/uploads/:id": upload.id,
    "/api/scripts/:kind/:name/versions/:id": String(version.id),
    "/api/maintenance/:id": window.id,
    "/api/anomalies/:id": String(anomaly.id),
    "/api/users/:id": user.id,
    "/api/keys/:id": entry.id,
    "/api/push/subscriptions/:id": "fixture-browser",
    "/api/predictions/:id": String(prediction.id),
    sensor: "hall-1/press-3/temperature",
  };
}

/** A file that is there, one that is coming, and counts of it that are done. */
async function importsFixture(
  { app, dataDir }: AppUnderTest,
): Promise<Record<string, string>> {
  const { access, importFiles, imports, jobs } = app.parts();
  const file = `${dataDir}/import/states.csv`;
  await Deno.mkdir(`${dataDir}/import`, { recursive: true });
  await Deno.writeTextFile(
    file,
    "entity_id,state,last_changed\nsensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z\n",
  );
  const upload = await importFiles.uploads.begin(
    { name: "fixture.csv", bytes: 1_000, sha256: null },
    "fixture",
  );
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const { id } = await imports.order({
    ...{ file, name: "states.csv", format: "ha-history-csv", options: {}, mapping: [] },
    ...{ others: "suggested", dry_run: true },
  }, { name: "fixture", audited });
  await until("the count", async () => (await jobs.find("import", id))?.result ?? null);
  return { "/api/import/uploads/:id": upload.id, "/api/imports/:id": id };
}

/** Sites that forward to this Perch; two programs say that they are one of them. */
async function sitesFixture({ app }: AppUnderTest): Promise<Record<string, string>> {
  const { access, sites } = app.parts();
  const by = {
    addKey: async (given: { name: string; machine: string }) => {
      const { key, entry } = await access.keys.add(given, tester);
      return { key, id: entry.id };
    },
    removeKey: (id: string) => access.keys.remove(id, tester),
    audited: (change: AuditChange) => access.audit.statement({ actor: tester, ...change }),
  };
  for (const id of ["fixture", "forwarding", "keyed", "doubled"]) {
    await sites.add({ id, name: "" }, by);
  }
  for (const instance of ["x", "y", "x"]) {
    await sites.forward("doubled", forwardedFrom({ instance })).catch(() => {});
  }
  return {
    "/api/sites/:id/key": "keyed",
    "/api/sites/:id/choose": "doubled",
    "/api/sites/:id/forward": "forwarding",
    "/api/sites/:id": "fixture",
  };
}

/** A thermometer that is not plugged in. */
async function hardwareFixture({ app }: AppUnderTest): Promise<Record<string, string>> {
  const { hardware, storage: { db } } = app.parts();
  const id = "w1:28-0000000f1c5e";
  await db.write([
    createHardwareStore(db).put({
      ...{ id, driver: "w1", sensor: "hall-1/oven/temperature", createdMs: 1 },
      ...{ settings: { interval_s: 60 }, state: {} },
    }),
  ]);
  await hardware.load();
  return { "/api/hardware/inputs/:id": id };
}

/** A schedule whose channel is gone. */
async function reportScheduleFixture({ app }: AppUnderTest): Promise<Record<string, string>> {
  const { storage: { db }, reportSchedules } = app.parts();
  const id = "fixture";
  await db.write([
    createScheduleStore(db).put({
      ...{ id, name: "Fixture", cron: "0 6 * * 1", channels: ["gone"], enabled: true },
      ...{ report: scheduledShape.parse({}), createdMs: 1, sinceMs: Date.now(), lastDueMs: null },
    }),
  ]);
  await reportSchedules.load();
  return { "/api/report-schedules/:id": id };
}

/** A job of a kind that is done, with its file, and one that is under way, to be cancelled. */
export async function jobFixture(
  { app, dataDir }: AppUnderTest,
  kind: JobKind,
  path: string,
): Promise<Record<string, string>> {
  const { storage: { db } } = app.parts();
  const store = createJobStore(db);
  const [done, running] = [`${kind}done`, `${kind}running`];
  const folder = `${dataDir}/jobs`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/${done}.csv`, "a,b\n1,2\n");
  const createdMs = Date.now();
  const job = { kind, title: "Fixture", options: {}, by: "fixture", createdMs };
  const file = { name: "fixture.csv", type: "text/csv", bytes: 8, stored: `${done}.csv` };
  await db.write([
    store.add({ ...job, id: done }),
    store.start(done, createdMs),
    store.end(done, "running", {
      state: "done",
      result: {},
      file,
      error: null,
      finishedMs: createdMs,
    }),
    store.add({ ...job, id: running }),
    store.start(running, createdMs),
  ]);
  return { [`${path}/:id/cancel`]: running, [`${path}/:id`]: done };
}

/** An open alarm for each thing that is done with one, and the id of another for the rest. */
export async function alarmsFor(
  under: AppUnderTest,
  key: string,
  actions: readonly string[],
): Promise<Record<string, string>> {
  const { access, registry, detection, alarms } = under.app.parts();
  const machines = [...actions, "read"].map((action) => `hall-2/${action}`);
  const names = machines.map((machine) => `${machine}/load`);
  const stored = await fetch(`${under.url}/api/ingest/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(machines.map((machine) => ({ machine, sensor: "load", value: 9 }))),
  });
  assert.equal(stored.status, 200, await stored.text());
  await detection.findings.add(names.map((name, item) => ({
    sensor: registry.find(name)!.num,
    groupId: 2,
    item,
    finding: {
      detector: "threshold",
      tMs: Date.now(),
      phase: "raised" as const,
      severity: "warning" as const,
      score: 0.6,
      reason: { text: "9 is at or above the warning limit 8", value: 9, numbers: { limit: 8 } },
    },
  })));
  alarms.wake();
  // Others may be open already.
  const isOpen = (machine: string) => alarms.open().some((alarm) => alarm.machine === machine);
  while (!machines.every(isOpen)) await new Promise((r) => setTimeout(r, 20));
  const idOf = (action: string) =>
    alarms.open().find((alarm) => alarm.machine === `hall-2/${action}`)!.id;
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const untilMs = Date.now() + 3_600_000;
  const shelve = { kind: "shelve", untilMs, note: null } as const;
  await alarms.act(idOf("unshelve"), shelve, { name: "test", audited });
  return {
    ...Object.fromEntries(actions.map((action) => [`/api/alarms/:id/${action}`, idOf(action)])),
    "/api/alarms/:id": idOf("read"),
  };
}

/** One that was put in place and taken back. */
function correctionOf(faultId: number): Correction {
  const [before, after] = ["value: text", "value: Number(text)"];
  const trial: Trial = {
    loads: true,
    messages: [{ topic: "a/b", payload: "1", before: "not a number", after: "1", changed: true }],
    faults_before: 1,
    faults_after: 0,
    changed_lines: 1,
    risk: "low",
    instead: null,
  };
  const [atMs, target] = [Date.now(), "codecs/gone.js"];
  const [baseHash, diff] = [sha256(before), diffOf(target, before, after)!];
  return {
    ...{ id: 1, faultId, state: "rolled_back", target },
    ...{ before, after, baseHash, diff, diffHash: diffHashOf(baseHash, diff, after) },
    ...{ author: "rule: a number", text: "A text is made a number", trial: JSON.stringify(trial) },
    ...{ proposedMs: atMs, approvedMs: atMs, approver: "test", appliedMs: atMs, endedMs: atMs },
    outcome: "1 of 1 messages failed",
  };
}

/** A fault to read, one to dismiss, and a task that is paused. */
async function faultsFixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, events, faults } = under.app.parts();
  const about = {
    severity: "warning",
    tMs: Date.now(),
    actor: null,
    body: null,
    route: false,
  } as const;
  for (const text of ["The first backup failed", "The second backup failed"]) {
    await events.append({ ...about, type: "backup.failed", subject: text, text });
  }
  const failed = () =>
    faults.open().filter(({ type }) => type === "error_event").map(({ id }) => id);
  while (failed().length < 2) {
    await faults.look();
    await new Promise((r) => setTimeout(r, 20));
  }
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  await faults.pause("task:readings check", { name: "test", reason: "fixture", audited });
  const [read, dismissed] = failed().map(String);
  return { "/api/faults/:id": read, "/api/faults/:id/dismiss": dismissed };
}

/** A dashboard, as the example of a link names it, and a link to it. */
async function dashboardsFixture({ app }: AppUnderTest): Promise<Record<string, string>> {
  const { access, storage: { db }, kioskLinks } = app.parts();
  const id = "fixture";
  const row = { id, title: "Fixture", ownerId: "nobody", shared: true, tiles: [], changedMs: 1 };
  await db.write([createDashboardStore(db).put({ ...row, createdMs: 1 })]);
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const by = { name: "test", audited };
  const { link } = await kioskLinks.add({ name: "Wall", dashboard: id }, by);
  return { "/api/dashboards/:id": id, "/api/kiosk-links/:id": link.id };
}

/** Something to command, an order, and a rule. */
async function commandsFixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, commands } = under.app.parts();
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const target = await commands.targets.add({
    ...{ name: "Fixture", kind: "button", machine: null, sensor: "hall-1/press-3/temperature" },
    way: { topic: "cmnd/fixture", payload: "ON", on: "ON", off: "OFF", qos: 0 },
    settings: { min_interval_s: 0 },
  }, audited);
  const by = { actor: "system:test", name: "test", audited, confirmed: false };
  const command = await commands.order(target.id, true, by);
  const hours = { days: ["mon" as const], start: "06:00", end: "07:00" };
  const spec = commandRuleShape.parse({ name: "Fixture", target: target.id, value: true, hours });
  const rule = await commands.rules.add(spec, audited);
  return {
    "/api/commands/targets/:id": target.id,
    "/api/command-rules/:id": rule.id,
    "/api/commands/:id": command.id,
  };
}

/** A probe to an address that nobody allowed yet, and a heartbeat. */
async function probesFixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, polls } = under.app.parts();
  const add = async (name: string, kind: string, options: Record<string, unknown>) => {
    const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
    return (await polls.add({ name, kind, options, enabled: false }, audited)).view.id;
  };
  return {
    "/api/probes/:id/secret": await add("Fixture job", "heartbeat", {}),
    "/api/probes/:id": await add("Fixture", "tcp", { host: "192.168.1.20", port: 502 }),
  };
}

/** A channel, a webhook, a rule, a dead letter and a delivery that waits. */
async function outboxFixture(under: AppUnderTest): Promise<Record<string, string>> {
  const { access, notify, events, storage } = under.app.parts();
  const audited = (change: { action: string; resource: string }) =>
    access.audit.statement({ actor: tester, ...change });
  // Nobody listens there.
  const options = { url: `http://127.0.0.1:${freePort()}/` };
  const subscription = { events: ["ticket"], severity: "info" as const };
  const channel = await notify.channels.add({ kind: "webhook", name: "Hook", options }, audited);
  const webhook = await notify.channels.add(
    { kind: "webhook", name: "Subscribed", options, subscription },
    audited,
  );
  await notify.channels.change(channel.id, { enabled: false }, audited);
  await events.append({ ...alarmEvent(), route: false });
  const [event] = (await events.list({})).items;
  const store = createOutboxStore(storage.db);
  const plan = { channel: channel.id, state: "waiting" as const, untilMs: null, why: "fixture" };
  await storage.db.write(
    ["one@example.org", "two@example.org"].map((target) =>
      store.add(event, { ...plan, target }, Date.now())
    ),
  );
  const [waiting, dead] = (await notify.outbox.list({})).items;
  await notify.cancel(dead.id, audited);
  return {
    "/api/events/:id": String(event.id),
    "/api/deliveries/:id/cancel": String(waiting.id),
    "/api/deliveries/:id": String(dead.id),
    "/api/webhooks/:id": webhook.id,
    "/api/channels/:id": channel.id,
    "/api/rules/:id": notify.rules.all()[0].id,
  };
}

/** A ticket in the right state for each move, and one to talk about; the first alarm is talked about too. */
async function ticketsFor(
  under: AppUnderTest,
  adminEmail: string,
): Promise<Record<string, string>> {
  const { access, alarms, tickets: { tickets, comments, attachments } } = under.app.parts();
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const admin = access.users.byEmail(adminEmail)!;
  const by = { id: admin.id, name: "test", moderator: true, audited };
  const make = async (...moves: TicketAction[]) => {
    const { id } = await tickets.create({ title: "Fixture" }, by);
    for (const move of moves) await tickets.move(id, move, {}, by);
    return id;
  };
  const talked = await make();
  const upload = { name: "x.png", bytes: picture("png") };
  const alarm = alarms.open().find(({ machine }) => machine === "hall-2/read")!;
  for (const [kind, id] of [["alarm", alarm.id], ["ticket", talked]] as const) {
    await comments.add(kind, id, "said", by);
    await attachments.add(kind, id, upload, by);
  }
  return {
    "/api/tickets/:id/start": await make(),
    "/api/tickets/:id/resolve": await make("start"),
    "/api/tickets/:id/close": await make("resolve"),
    "/api/tickets/:id/reopen": await make("resolve", "close"),
    "/api/tickets/:id": talked,
  };
}

/** Address of a route's example, with the ids of things that are there. */
export function pathOf(route: Route, ids: Record<string, string>): string {
  const known = Object.entries(ids).find(([prefix]) => `${route.path}/`.startsWith(`${prefix}/`));
  const params: Record<string, string> = { ...route.example?.params };
  if (known) params.id = known[1];
  const path = route.path.replace(
    /:(\w+)(\{[^}]*\})?/g,
    (_, name) => encodeURIComponent(params[name] ?? "x"),
  );
  const query = new URLSearchParams(route.example?.query).toString();
  return query === "" ? path : `${path}?${query}`;
}
