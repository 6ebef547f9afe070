/**
 * What other programs report, over HTTP: events, states of components, and the counts of both.
 * `SABOTAGE=report_limits` lifts rate and quota.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { HOSTILE_TEXTS } from "../support/hostile_text.ts";
import { sabotaged } from "../support/sabotage.ts";
import { EventReader } from "../support/sse.ts";
import { until } from "../support/until.ts";

const tester = systemActor("test");
const noted = () => [];

interface Gate {
  app: RunningApp;
  /** Asks with a key that may report and do nothing else. */
  report(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  events(): Promise<{ type: string; text: string; severity: string; subject: string }[]>;
}

async function withGate(run: (gate: Gate) => Promise<void>, app?: RunningApp): Promise<void> {
  const own = app ?? await runApp();
  try {
    const { access, events } = own.parts;
    const name = `gate ${crypto.randomUUID().slice(0, 8)}`;
    const { key } = await access.keys.add({ name, role: "viewer", scopes: ["events"] }, tester);
    await run({
      app: own,
      report: (path, body, headers = {}) =>
        fetch(own.url + path, {
          method: "POST",
          headers: {
            authorization: `Bearer ${key}`,
            "content-type": "application/json",
            ...headers,
          },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      events: async () => (await events.list({ types: ["external"], limit: 200 })).items,
    });
  } finally {
    if (app === undefined) await own.stop();
  }
}

const scan = { type: "scan", message: "Badge 4711" };

async function problemOf(response: Response, status: number): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/problem+json", text);
  return JSON.parse(text).detail;
}

const DEEP = JSON.parse("[".repeat(20) + "]".repeat(20));
const WRONG: [string, unknown, number, RegExp][] = [
  [
    "a malformed type",
    { ...scan, type: "Scan!" },
    400,
    /^type: is "Scan!": give scan, sync, .*door_opened/,
  ],
  ["no type", { message: "x" }, 400, /^type: is missing/],
  ["no message", { type: "scan" }, 400, /^message: is missing: give a text of 1 to 2000/],
  ["an empty message", { ...scan, message: "  " }, 400, /^message: /],
  [
    "a long message",
    { ...scan, message: "x".repeat(2_001) },
    400,
    /^message: has 2001 characters: give at most 2000/,
  ],
  ["a megabyte", { ...scan, message: "x".repeat(1_000_000) }, 413, /262144 bytes/],
  [
    "large details",
    { ...scan, details: { x: "y".repeat(5_000) } },
    400,
    /^details: is too large: .*4096 bytes/,
  ],
  ["deep details", { ...scan, details: { x: DEEP } }, 400, /^details: is too large: .*5 levels/],
  [
    "details that are a list",
    { ...scan, details: [1] },
    400,
    /^details: is "\[1\]": give an object/,
  ],
  [
    "an unknown severity",
    { ...scan, severity: "bad" },
    400,
    /^severity: is "bad": give info, warning, critical/,
  ],
  [
    "a component with a slash",
    { ...scan, component: "a/b" },
    400,
    /^component: is "a\/b": give lower-case/,
  ],
  ["an unknown field", { ...scan, colour: "red" }, 400, /^colour: unknown field/],
  ["the year 1970", { ...scan, ts: 12 }, 400, /^ts: is "12": give epoch ms or ISO 8601, from /],
  ["tomorrow", { ...scan, ts: Date.now() + 24 * HOUR_MS }, 400, /^ts: is .* from 20.* to 20/],
  ["a word as time", { ...scan, ts: "noonish" }, 400, /^ts: is "noonish"/],
  ["a wrong one in a list", [scan, { ...scan, ts: 12 }], 400, /^1\.ts: is "12"/],
  ["an empty list", [], 400, /^body: is empty/],
  [
    "the name of a part of Perch",
    { ...scan, component: "storage" },
    409,
    /^component: "storage" is a part of Perch itself; give your program another name/,
  ],
  [
    "such a name in a list",
    [scan, { ...scan, component: "intake" }],
    409,
    /^1\.component: "intake"/,
  ],
  ["too many", Array(101).fill(scan), 400, /has 101 events: give at most 100/],
  ["no JSON", "scan", 400, /not valid JSON/],
];

async function namesWhatIsWrong(t: Deno.TestContext, { app, report, events }: Gate) {
  for (const [what, body, status, detail] of WRONG) {
    await t.step(what, async () => {
      const answer = await report("/api/events", body);
      assert.match(await problemOf(answer, status), detail);
    });
  }
  assert.deepEqual(await events(), []);
  const refused: [string, unknown, number, RegExp][] = [
    [
      "door",
      { state: "sleeping" },
      400,
      /^state: is "sleeping": give online, degraded, error, offline/,
    ],
    ["door", {}, 400, /^state: is missing: give online/],
    ["door", { state: "online", expires_s: 1 }, 400, /^expires_s: .*10/],
    ["door", { state: "online", successes: 3 }, 400, /^successes: give `tries` too/],
    ["door", { state: "online", queue: -1 }, 400, /^queue: /],
    ["A%20Door", { state: "online" }, 400, /^params\.name: is "A Door": give lower-case/],
    ["storage", { state: "error" }, 409, /"storage" is a part of Perch itself/],
  ];
  for (const [name, body, status, detail] of refused) {
    const answer = await report(`/api/components/${name}`, body);
    assert.match(await problemOf(answer, status), detail);
  }
  assert.deepEqual(app.parts.reported.components.all(), []);
  const key = await app.ask("/api/events", {
    method: "POST",
    body: JSON.stringify(scan),
    headers: { "content-type": "application/json" },
  });
  assert.match(await problemOf(key, 403), /engineer/);
}

async function takesEvents({ app, report, events }: Gate) {
  const stream = await app.ask("/api/stream?types=event");
  const reader = new EventReader(stream.body!);
  assert.equal((await reader.next())!.type, "hello");
  const one = await report("/api/events", {
    ...scan,
    component: "door-reader",
    details: { badge: 4711 },
    ts: new Date(Date.now() - HOUR_MS).toISOString(),
  });
  assert.deepEqual([one.status, await one.json()], [202, { accepted: 1 }]);
  const live = (await reader.next())!;
  assert.equal(live.type, "event");
  const { type, subject, text, actor } = JSON.parse(live.data);
  assert.deepEqual([type, subject, text], [
    "external.scan",
    "component:door-reader",
    "Badge 4711",
  ]);
  assert.match(actor, /^gate /);
  const several = await report("/api/events", [
    { type: "error", message: "No signal" },
    { type: "door_opened", message: "North\r\ndoor\u0000", severity: "critical" },
  ]);
  assert.deepEqual([several.status, await several.json()], [202, { accepted: 2 }]);
  const [door, error, first] = await events();
  assert.deepEqual([door.type, door.severity, door.text], [
    "external.door_opened",
    "critical",
    "North\ndoor\ufffd",
  ]);
  assert.deepEqual([error.type, error.severity], ["external.error", "warning"]);
  assert.match(error.subject, /^key:/);
  const [logged] = (await app.parts.events.list({ types: ["external.scan"] })).items;
  assert.ok(Math.abs(logged.tMs - (Date.now() - HOUR_MS)) < 60_000);
  assert.deepEqual(logged.body, { component: "door-reader", details: { badge: 4711 } });
  assert.equal(first.type, "external.scan");
  await reader.cancel();
}

async function staysText({ report, events }: Gate) {
  const texts = HOSTILE_TEXTS.filter((text) => text.trim() !== "").map((text) =>
    text.slice(0, 900)
  );
  const given = texts.map((text) => ({ ...scan, message: text, details: { said: text } }));
  for (let i = 0; i < given.length; i += 50) {
    const answer = await report("/api/events", given.slice(i, i + 50));
    assert.equal(answer.status, 202, await answer.text());
  }
  const logged = (await events()).slice(0, texts.length).reverse();
  for (const [i, { text }] of logged.entries()) {
    assert.ok(text.length > 0 && text.isWellFormed(), texts[i]);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\u0000-\u0008\u202a-\u202e]/.test(text), JSON.stringify(text));
  }
  for (const text of texts.slice(0, 20)) {
    const answers = await Promise.all([
      report("/api/events", { ...scan, type: `${text} ` }),
      report("/api/events", { ...scan, component: `${text} ` }),
      report(`/api/components/${encodeURIComponent(`${text} `)}`, { state: "online" }),
      report("/api/components/door", { state: text }),
    ]);
    for (const answer of answers) await problemOf(answer, 400);
  }
}

async function counts({ app, report }: Gate) {
  await app.ingest([{ machine: "hall/press", sensor: "temp", value: 50 }]);
  await report("/api/events", [scan, scan, { type: "sms", message: "Sent" }]);
  const metrics = async () => await (await app.ask("/api/metrics")).json();
  const figures = await until("the counts", async () => {
    const figures = await metrics();
    return figures.activity.at(-1).events + figures.activity.at(-2).events >= 3 ? figures : null;
  });
  assert.equal(figures.readings.today, 1);
  assert.equal(figures.readings.last_hour, 1);
  const counts = new Map<string, number>(
    figures.events.by_type.map((
      one: { type: string; last_hour: number },
    ) => [one.type, one.last_hour]),
  );
  assert.ok(counts.get("external.scan")! >= 2);
  assert.equal(counts.get("external.sms"), 1);
  assert.equal(figures.activity.length, 10);
  assert.deepEqual(figures.deliveries.last_hour, { tries: 0, good: 0, success: null });
  assert.equal(figures.queues.intake, 0);
  assert.ok(figures.uptime_s >= 0 && figures.zone.length > 0);
}

async function areExported({ app }: Gate) {
  const file = await app.ask("/api/events/export?from=-2h");
  assert.equal(file.status, 200);
  assert.match(
    file.headers.get("content-disposition")!,
    /^attachment; filename="perch-events-.*json"$/,
  );
  const { events, alarms, metrics, from_ms, to_ms } = await file.json();
  assert.ok(Math.abs(to_ms - from_ms - 2 * HOUR_MS) < 1_000);
  assert.deepEqual(alarms, []);
  const scans = events.filter(({ type }: { type: string }) => type === "external.scan");
  assert.deepEqual(scans[0].body.details, { badge: 4711 }, "the oldest first");
  const counted = metrics.counts.filter(({ type }: { type: string }) => type === "external.scan");
  const n = counted.reduce((sum: number, one: { n: number }) => sum + one.n, 0);
  assert.deepEqual([n, metrics.bucket_ms], [scans.length, HOUR_MS]);
  assert.equal(metrics.now.activity.length, 10);
  // Of the last half hour: what was said to have happened before is not in it.
  const less = await (await app.ask("/api/events/export?from=-30m")).json();
  assert.equal(less.events.length, events.length - 1);
  const none = await (await app.ask("/api/events/export?from=2001-01-01&to=2001-01-02")).json();
  assert.deepEqual([none.events, none.metrics.counts], [[], []]);
  const long = await app.ask("/api/events/export?from=2024-01-01&to=2026-01-01");
  assert.match(await problemOf(long, 400), /^query\.from: .* more than 366 days before/);
  const wrong = await app.ask("/api/events/export?from=now&to=-1h");
  assert.match(await problemOf(wrong, 400), /^query\.from: .* is not before `to`/);
}

Deno.test("what other programs report", (t) =>
  withGate(async (gate) => {
    await t.step("what is wrong is named, with what is allowed; nothing of it is kept", (t) =>
      namesWhatIsWrong(t, gate));
    await t.step(
      "one event or several are in the log and on the stream, each as it was meant",
      () =>
        takesEvents(gate),
    );
    await t.step("hostile texts stay texts, and are no names", () => staysText(gate));
    await t.step("today and the last hour are counted by type, and ten minutes of activity", () =>
      counts(gate));
    await t.step("a period is one file", () =>
      areExported(gate));
  }));

Deno.test("POST /api/events: a key has a rate and a quota of the day, which a restart does not lift", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-quota-" });
  let app = await runApp({ PERCH_DATA: dataDir });
  const { access, settings } = app.parts;
  if (!sabotaged("report_limits")) {
    await settings.set("events.per_minute", 6, "test", noted);
    await settings.set("events.per_day", 105, "test", noted);
  }
  const { key } = await access.keys.add(
    { name: "reader", role: "viewer", scopes: ["events"] },
    tester,
  );
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/api/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  try {
    const repeat = { "idempotency-key": "shift-1" };
    const first = await post(Array(98).fill(scan), repeat);
    assert.equal(first.status, 202, await first.text());
    const again = await post(Array(98).fill(scan), repeat);
    assert.deepEqual([again.status, await again.json()], [202, { accepted: 98 }]);
    assert.match(await problemOf(await post([scan], repeat), 409), /used within 24 h/);
    const fast = await post([scan, scan, scan]);
    assert.ok(Number(fast.headers.get("retry-after")) <= 10, "the bucket fills every 10 s");
    assert.match(await problemOf(fast, 429), /"reader" reports too often: 6 a minute/);

    await app.stop();
    app = await runApp({ PERCH_DATA: dataDir });
    assert.equal((await app.parts.events.countsSince(0)).get("external.scan"), 98);
    const over = await post(Array(8).fill(scan));
    const wait = Number(over.headers.get("retry-after"));
    assert.ok(wait > 0 && wait <= 25 * 3600, `${wait} s`);
    assert.match(
      await problemOf(over, 429),
      /has reported 98 events today, and 8 more are over the 105/,
    );
    assert.equal((await post(Array(7).fill(scan))).status, 202);
    assert.equal((await post(scan)).status, 429);
    assert.equal((await app.parts.events.countsSince(0)).get("external.scan"), 105);
    const other = await access.keys.list().length;
    assert.equal(other, 1);
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true }).catch(() => {});
  }
});

Deno.test("components: a program's state is in lists, status and the whole, on the stream, and over a restart", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-components-" });
  let app = await runApp({ PERCH_DATA: dataDir });
  const listed = async () => await (await app.ask("/api/components")).json();
  try {
    const before = await listed();
    await withGate(async ({ report }) => {
      const reader = new EventReader((await app.ask("/api/stream?types=component")).body!);
      assert.equal((await reader.next())!.type, "hello");
      const state = {
        state: "error",
        detail: "No card",
        expires_s: 600,
        queue: 7,
        tries: 4,
        successes: 1,
      };
      assert.equal((await report("/api/components/sms-gateway", state)).status, 204);
      const { name, health, detail, overall } = JSON.parse((await reader.next())!.data);
      assert.deepEqual([name, health, detail, overall], [
        "sms-gateway",
        "error",
        "No card",
        "Partial",
      ]);
      await reader.cancel();
    }, app);
    const { items, overall } = await listed();
    assert.equal(overall, "Partial");
    assert.equal(items.length, before.items.length + 1);
    const { reported, health } = items.at(-1);
    assert.deepEqual(
      [health, reported.state, reported.queue, reported.failed],
      ["error", "error", 7, null],
    );
    const lasts = ({ expires_ms, reported_ms }: typeof reported) => expires_ms - reported_ms;
    assert.ok(Math.abs(lasts(reported) - 600_000) < 1_000, JSON.stringify(reported));
    await app.stop();

    app = await runApp({ PERCH_DATA: dataDir });
    const after = (await listed()).items.at(-1);
    const { expires_ms } = after.reported;
    assert.deepEqual([after.name, after.reported], ["sms-gateway", { ...reported, expires_ms }]);
    assert.ok(expires_ms >= reported.expires_ms, "it has its whole time again");
    const status = await (await app.ask("/api/status")).json();
    assert.equal(status.components.at(-1).name, "sms-gateway");
    const text = await (await app.ask("/metrics")).text();
    assert.ok(text.includes('perch_component_queue{component="sms-gateway"} 7\n'), text);
    const { components } = await (await app.ask("/api/metrics")).json();
    assert.deepEqual([components[0].name, components[0].success], ["sms-gateway", 0.25]);
    const remove = (role: "viewer" | "engineer") =>
      app.ask("/api/components/sms-gateway", { method: "DELETE", role });
    assert.equal((await remove("viewer")).status, 403);
    assert.equal((await remove("engineer")).status, 204);
    assert.match(
      await problemOf(await remove("engineer"), 404),
      /no program reports as "sms-gateway"/,
    );
    assert.equal((await listed()).items.length, before.items.length);
    const { items: audited } = await app.parts.access.audit.list({ action: "component.remove" });
    assert.equal(audited[0].resource, "component:sms-gateway");
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true }).catch(() => {});
  }
});

/** The host's clock, so many times as fast. */
function fastClock(times: number): Clock {
  const host = systemClock();
  const startMs = Date.now();
  const fromMs = host.monotonic();
  const monotonic = () => (host.monotonic() - fromMs) * times;
  return {
    now: () => startMs + monotonic(),
    monotonic,
    sleep: (ms, signal) => host.sleep(ms / times, signal),
  };
}

Deno.test("components: a long queue and a silence raise alarms, which end with what they were raised for", async () => {
  const app = await runApp({}, { clock: fastClock(30) });
  try {
    await withGate(async ({ report }) => {
      const alarms = async () =>
        new Map<string, string>(
          (await (await app.ask("/api/alarms?state=active,acknowledged")).json()).items
            .map((one: { title: string; state: string }) => [one.title, one.state]),
        );
      const state = { state: "online", queue: 51, tries: 20, successes: 3 };
      await report("/api/components/sms-gateway", state);
      await report("/api/components/door-reader", { state: "online", expires_s: 10 });
      const [offline] = await until("the alarms", async () => {
        const all = await alarms();
        const silent = [...all.keys()].filter((title) =>
          title.startsWith("door-reader is offline: not heard from since ")
        );
        return silent.length === 1 && all.has("51 wait at sms-gateway, more than 50") &&
            all.has("only 15 % of 20 tries of sms-gateway succeeded")
          ? silent
          : null;
      });
      const changed = await until("the event", async () => {
        const { items } = await app.parts.events.list({ types: ["component.changed"] });
        return items.find(({ subject }) => subject === "component:door-reader") ?? null;
      });
      assert.match(changed.text, /^The program door-reader does not work: not heard from since /);
      // A second one that fails while the alarms of the first are open.
      await report("/api/components/printer", { state: "error", queue: 99 });
      await until("the alarms of the second", async () => {
        const all = await alarms();
        return all.has("printer reports an error") && all.has("99 wait at printer, more than 50") &&
          all.has("51 wait at sms-gateway, more than 50");
      });
      await until("the event of its first report", async () => {
        const { items } = await app.parts.events.list({ types: ["component.changed"] });
        return items.some(({ subject }) => subject === "component:printer");
      });
      await report("/api/components/sms-gateway", { ...state, queue: 50, successes: 16 });
      await report("/api/components/door-reader", { state: "online" });
      await until("the end", async () => {
        const { items } = await (await app.ask("/api/alarms")).json();
        const cleared = items.filter((one: { cleared_ms: number | null }) =>
          one.cleared_ms !== null
        );
        return cleared.length >= 3 ? true : null;
      });
      assert.deepEqual([...(await alarms()).keys()].sort(), [
        "99 wait at printer, more than 50",
        "printer reports an error",
      ]);
      assert.ok(offline.length < 200);
    }, app);
  } finally {
    await app.stop();
  }
});
