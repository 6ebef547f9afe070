/** Forms that could keep alarms from people: what was filled counts, what matches nothing is refused beside the field. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

const ADMIN = { email: "admin@example.org", password: "long enough" };

interface Asked extends RunningApp {
  /** Posts a form as the browser of an admin; gives status and page, and the page that it goes on to. */
  post(
    path: string,
    fields: Record<string, string> | FormData,
  ): Promise<{ status: number; page: string; next: string }>;
}

function withForms(run: (app: Asked) => Promise<void>): () => Promise<void> {
  return async () => {
    const app = await runApp();
    try {
      await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
      await app.ingest([{ machine: "hall-1/press-3", sensor: "t", value: 20 }]);
      const { id } = app.parts.registry.machines.all()[0];
      await app.parts.machines.patchMachine(id, { name: "Press 3" }, () => ({
        sql: "select 1",
      }));
      const headers = { origin: app.url, "sec-fetch-site": "same-origin" };
      const signedIn = await fetch(`${app.url}/sign-in`, {
        method: "POST",
        redirect: "manual",
        headers,
        body: new URLSearchParams(ADMIN),
      });
      await signedIn.body?.cancel();
      const cookie = signedIn.headers.get("set-cookie")!.split(";")[0];
      await run({
        ...app,
        async post(path, fields) {
          const answer = await fetch(app.url + path, {
            method: "POST",
            redirect: "manual",
            headers: { ...headers, cookie },
            body: fields instanceof FormData ? fields : new URLSearchParams(fields),
          });
          const text = await answer.text();
          const { status } = answer;
          if (status !== 303) return { status, page: text, next: "" };
          const said = answer.headers.getSetCookie().map((one) => `; ${one.split(";")[0]}`);
          const next = await fetch(app.url + answer.headers.get("location"), {
            headers: { cookie: cookie + said.join("") },
          });
          return { status, page: text, next: await next.text() };
        },
      });
    } finally {
      await app.stop();
    }
  };
}

const RULE = { name: "Nights", severity: "warning", enabled: "on", "event.alarm.raised": "on" };
const TO = { "to.channel.*": "on" };
const mine = (app: Asked) => app.parts.notify.rules.all().find((rule) => rule.name === "Nights");

Deno.test(
  "rule form: hours that were typed count, without a tick beside them",
  withForms(async (app) => {
    const times = { "hours.start": "22:00", "hours.end": "06:00", "quiet.start": "01:00" };
    const { status, page } = await app.post("/settings/rules", { ...RULE, ...TO, ...times });
    assert.equal(status, 400, "an end is missing");
    assert.match(page, /value="22:00"/, "what was typed is still there");
    assert.equal(mine(app), undefined);
    const nights = { "hours.start": "22:00", "hours.end": "06:00" };
    await app.post("/settings/rules", { ...RULE, ...TO, ...nights, name: "Every night" });
    const every = app.parts.notify.rules.all().find(({ name }) => name === "Every night")!;
    assert.deepEqual([every.hours!.days.length, every.hours!.start], [7, "22:00"]);
    const whole = { ...times, "hours.sat": "on", "quiet.sun": "on", "quiet.end": "02:00" };
    const saved = await app.post("/settings/rules", { ...RULE, ...TO, ...whole });
    assert.equal(saved.status, 303, saved.page);
    assert.deepEqual(mine(app)!.hours, { days: ["sat"], start: "22:00", end: "06:00" });
    assert.deepEqual(mine(app)!.quiet, {
      days: ["sun"],
      start: "01:00",
      end: "02:00",
      critical: false,
    });
    const emptied = await app.post(`/settings/rules/${mine(app)!.id}`, { ...RULE, ...TO });
    assert.equal(emptied.status, 303);
    assert.deepEqual([mine(app)!.hours, mine(app)!.quiet], [null, null]);
  }),
);

Deno.test(
  "rule form: a step of escalation with recipients alone asks for its minutes",
  withForms(async (app) => {
    const step = { "step0.channel.*": "on", "step0.after": "" };
    const { status } = await app.post("/settings/rules", { ...RULE, ...TO, ...step });
    assert.equal(status, 400);
    assert.equal(mine(app), undefined);
  }),
);

Deno.test(
  "pin form: a title that was typed makes a new dashboard, beside a chosen one too",
  withForms(async (app) => {
    const tile = { machine: "hall-1/press-3", kind: "status" };
    const first = await app.post("/dashboards/pin", { ...tile, dashboard: "new", title: "Days" });
    assert.equal(first.status, 303, first.page);
    const [, days] = /dashboards\/([a-z0-9]{12})/.exec(first.next)!;
    const second = await app.post("/dashboards/pin", { ...tile, dashboard: days, title: "Nights" });
    assert.equal(second.status, 303, second.page);
    assert.match(second.next, /<h1[^>]*>Nights/);
  }),
);

Deno.test(
  "rule form: a machine or tag that is not there is refused beside its field; a display name is understood",
  withForms(async (app) => {
    const wrong = { machines: "Lathe 9", tags: "night" };
    const { status, page } = await app.post("/settings/rules", { ...RULE, ...TO, ...wrong });
    assert.equal(status, 400);
    assert.match(page, /there is no machine or area “Lathe 9”; there are hall-1/);
    assert.match(page, /No machine has the tag “night”\./);
    const saved = await app.post("/settings/rules", { ...RULE, ...TO, machines: "Press 3" });
    assert.equal(saved.status, 303, saved.page);
    assert.deepEqual(mine(app)!.machines, ["hall-1/press-3"]);
  }),
);

Deno.test(
  "rules: one whose machine has gone can be changed, but names no other that is not there",
  withForms(async (app) => {
    const { rules } = app.parts.notify;
    const note = () => ({ sql: "select 1" });
    const rule = await rules.add(
      { ...rules.all()[0], name: "Nights", machines: ["hall-1/press-3"] },
      note,
    );
    const gone = app.parts.registry.machines.all()[0];
    await app.parts.machines.removeMachine(gone.id, note);
    const changed = await rules.change(rule.id, { ...rule, severity: "critical" }, note);
    assert.equal(changed.severity, "critical");
    await assert.rejects(
      rules.change(rule.id, { ...rule, machines: ["hall-1/press-3", "hall-1/press-9"] }, note),
      /there is no machine or area “hall-1\/press-9”/,
    );
    await assert.rejects(
      rules.change(rule.id, { ...rule, recipients: [{ channel: "nowhere" }] }, note),
      /there is no channel “nowhere”/,
    );
  }),
);

Deno.test(
  "maintenance form: a window is for a place that there is, by path or by what people call it",
  withForms(async (app) => {
    const window = { title: "Oil", start: "22:00", end: "23:00", mon: "on" };
    const { status, page } = await app.post("/maintenance/weekly", { ...window, path: "Press 9" });
    assert.equal(status, 400);
    assert.match(page, /There is no machine or area “Press 9”/);
    assert.match(page, /value="Press 9"/);
    assert.equal(app.parts.machines.windows().length, 0);
    const saved = await app.post("/maintenance/weekly", { ...window, path: "Press 3" });
    assert.equal(saved.status, 303, saved.page);
    assert.equal(app.parts.machines.windows()[0].path, "hall-1/press-3");
    const api = await app.ask("/api/maintenance", {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        path: "press-9",
        title: "Oil",
        timing: { kind: "weekly", days: ["mon"], start: "22:00", end: "23:00" },
      }),
    });
    assert.equal(api.status, 400);
    assert.equal((await api.json()).errors[0].path, "path");
  }),
);

Deno.test(
  "channel form: a mail channel without a server or sender is refused beside its field, and takes no invitations",
  withForms(async (app) => {
    const { channels } = app.parts.notify;
    const mail = { kind: "email", name: "Mail", "option.to": "ada@example.org" };
    for (
      const [service, message, server = ""] of [
        ["gmail", /Gmail does not use mail\.example: choose custom/, "mail.example"],
        ["environment", /There is no mail server: SMTP_SERVER is not set/],
        ["custom", /There is no mail server: no server is given/],
        ["gmail", /No sender is given/],
      ] as const
    ) {
      const { status, page } = await app.post("/settings/channels/add", {
        ...mail,
        "option.service": service,
        "option.server": server,
      });
      assert.equal(status, 400, service);
      assert.match(page, message);
    }
    assert.equal(channels.all().length, 0);
    assert.equal(app.parts.notify.canMail(), false);
  }),
);

Deno.test(
  "sensor form: lengths of time are typed with their unit, and a bare number is not guessed at",
  withForms(async (app) => {
    const sensor = app.parts.registry.find("hall-1/press-3/t")!;
    const settings = () => app.parts.registry.find(sensor.id)!.settings;
    const names = Object.keys(sensor.settings);
    const form = {
      ...Object.fromEntries(names.map((name) => [name, ""])),
      ...{ id: sensor.id, name: sensor.name, unit: "", kind: "number" },
    };
    const bare = await app.post("/sensor-settings/change", { ...form, delay_ms: "5000" });
    assert.equal(bare.status, 400);
    assert.match(bare.page, /&quot;5000&quot; has no unit; give it as 30 s, 5 min/);
    const times = { delay_ms: "90 s", stuck_after_ms: "1,5 h", expected_interval_ms: "500 ms" };
    const saved = await app.post("/sensor-settings/change", { ...form, ...times });
    assert.equal(saved.status, 303, saved.page);
    assert.match(saved.next, /role="status"><span aria-hidden="true">✓<\/span> Saved\./);
    const { delay_ms, stuck_after_ms, expected_interval_ms } = settings();
    assert.deepEqual([delay_ms, stuck_after_ms, expected_interval_ms], [90_000, 5_400_000, 500]);
    const long = await app.post("/sensor-settings/change", { ...form, delay_ms: "2 d" });
    assert.match(long.page, /Give 0 s \(0\) to 1 d \(86400000\)\./);
  }),
);

Deno.test(
  "forms of a range: from, to and a machine count where they are filled, whatever is chosen beside them",
  withForms(async (app) => {
    const order = (fields: Record<string, string>) =>
      app.post("/export/order", { set: "1", what: "all", range: "7d", ...fields });
    const from = new Date(Date.now() - 3_600_000).toISOString().slice(0, 16);
    const typed = await order({ from, machine: "Press 3", zone: "UTC" });
    assert.equal(typed.status, 303, typed.page);
    const [{ options }] = (await app.parts.jobs.list("export", { limit: 1 })).items;
    assert.match(JSON.stringify(options), /hall-1\/press-3/);
    assert.match(JSON.stringify(options), new RegExp(String(Date.parse(`${from}Z`))));
    const wrong = await order({ from: "", to: from });
    assert.equal(wrong.status, 400);
    assert.match(wrong.page, /“From” is missing/);
  }),
);

Deno.test(
  "times in bodies are given as people write them: a window, a due date, a shelf",
  withForms(async (app) => {
    const sent = async (path: string, body: unknown) => {
      const answer = await app.ask(path, {
        role: "engineer",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      assert.ok(answer.ok, text);
      return JSON.parse(text);
    };
    const beforeMs = Date.now();
    const { timing } = await sent("/api/maintenance", {
      ...{ path: "Press 3", title: "Oil" },
      timing: { kind: "once", from: "now", to: "+2h" },
    });
    assert.equal(timing.to - timing.from, 7_200_000);
    const ticket = await sent("/api/tickets", { title: "Oil", due_ms: "+1d" });
    assert.ok(ticket.due_ms >= beforeMs + 86_400_000);
    const said = { machine: "Press 3", severity: "warning", text: "oil below it" };
    const { id } = await sent("/api/alarms", said);
    const shelved = await sent(`/api/alarms/${id}/shelve`, { until_ms: "+30m" });
    assert.ok(shelved.shelved_until_ms > beforeMs);
  }),
);

Deno.test(
  "forms with a file: what was typed stays, and the file is said to be chosen again",
  withForms(async (app) => {
    const { id } = app.parts.registry.machines.all()[0];
    const ticket = await app.parts.tickets.tickets.create(
      { title: "Gasket" },
      { name: "test", audited: () => ({ sql: "select 1" }) },
    );
    const form = (fields: Record<string, string>, field: string, bytes: number) => {
      const data = new FormData();
      for (const [name, value] of Object.entries(fields)) data.set(name, value);
      data.set(field, new File([new Uint8Array(bytes)], "seal.png"));
      return data;
    };
    const again = /Choose “seal.png” again: a browser does not keep it/;
    const text = "Worn at the upper edge";
    for (
      const [path, fields, field, bytes, wrong] of [
        [`/tickets/${ticket.id}/say`, { text }, "file", 9, /PNG/],
        [`/tickets/${ticket.id}/say`, { text }, "file", 12_000_000, /too large/],
        ["/machines/photo", { id, alt: text }, "photo", 9, /PNG/],
        ["/machines/photo", { id, alt: text }, "photo", 12_000_000, /too large/],
        ["/machines/photo", { id, alt: text + "x".repeat(2_000) }, "photo", 9, /characters/],
      ] as const
    ) {
      const { status, page } = await app.post(path, form(fields, field, bytes));
      assert.ok(status >= 400, `${path} ${bytes}: ${status}`);
      assert.match(page, wrong, `${path} ${bytes}`);
      assert.ok(page.includes(text), `${path} ${bytes}: what was typed is there`);
      assert.match(page, again, `${path} ${bytes}`);
    }
  }),
);
