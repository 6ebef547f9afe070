/** The site's time zone as the settings name it, and the one that a person looks in. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { ruleShape } from "../../lib/notify/rule.ts";
import { WEEKDAYS } from "../../lib/words/names.ts";
import { dateTime, HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

const ADMIN = { email: "ada@example.org", password: "long enough" };
/** Far apart. */
const BEFORE = "Asia/Tokyo";
const SITE = "America/New_York";
const json = { "content-type": "application/json" };

const SET = { role: "admin", method: "PATCH", headers: json } as const;

Deno.test("time zone: a change counts at once for windows, rules, schedules, commands and pages; a viewer's is for pages alone", async () => {
  const app = await runApp({});
  try {
    await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
    const set = (value: string) =>
      app.ask("/api/settings/site.time_zone", { ...SET, body: JSON.stringify({ value }) });
    const refused = await set("Europe/Berlyn");
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /name a time zone, such as Europe\/Berlin/);
    await app.ingest([{ machine: "hall/press", sensor: "temp", value: 20 }]);
    const before = await set(BEFORE);
    assert.equal(before.status, 200, await before.text());
    const counted = await countedBy(app);
    assert.deepEqual(await counted(), inZone(BEFORE, false));
    const taken = await set(SITE);
    assert.equal((await taken.json()).restart, false);
    assert.deepEqual(await counted(), inZone(SITE, true));
    await isShownInAnother(app);
  } finally {
    await app.stop();
  }
});

const inZone = (zone: string, isOpen: boolean) => ({
  metrics: zone,
  ...{ maintenance: "02:00", schedule: "06:00", backup: "03:30" },
  ...{ window: isOpen ? "Now there" : null, notification: isOpen ? 1 : 0 },
});

/** What Perch counts in the site's zone, each on the clocks of the zone that is set; some of it is open in `SITE` alone. */
async function countedBy({ ask, parts }: RunningApp) {
  const add = async (path: string, body: unknown) => {
    const made = await ask(path, {
      ...{ role: "admin", method: "POST", headers: json, body: JSON.stringify(body) },
    });
    const text = await made.text();
    assert.equal(made.status, 201, text);
    return JSON.parse(text);
  };
  const nowMs = Date.now();
  const hour = (hours: number) => dateTime(nowMs + hours * HOUR_MS, SITE).slice(11, 16);
  const hours = { days: [...WEEKDAYS], start: hour(-2), end: hour(2) };
  const night = { kind: "weekly", days: ["mon"], start: "02:00", end: "04:00" };
  const { id } = await add("/api/maintenance", { path: "", title: "Night", timing: night });
  const timing = { kind: "weekly", ...hours };
  await add("/api/maintenance", { path: "hall", title: "Now there", timing });
  const mail = await add("/api/channels", {
    ...{ kind: "email", name: "Mail" },
    options: {
      service: "custom",
      server: "127.0.0.1",
      from: "a@example.org",
      to: ["b@example.org"],
    },
  });
  const schedule = {
    ...{ name: "Morning", cron: "0 6 * * *", channels: [mail.id] },
    report: { format: "csv", range: "yesterday" },
  };
  await add("/api/report-schedules", schedule);
  await parts.settings.set("backup.time", "03:30", "test", () => []);
  await parts.events.append({
    ...{ type: "alarm.raised", subject: "alarm:1", severity: "critical", tMs: nowMs, text: "Hot" },
    ...{ actor: null, body: {}, route: false },
  });
  const recipients = [{ channel: "*" }];
  const rule = ruleShape.parse({ name: "At these hours", events: ["alarm"], hours, recipients });

  return async () => {
    const { zone } = await (await ask("/api/metrics")).json();
    const clock = (ms: number) => dateTime(ms, zone).slice(11, 16);
    const { items } = await (await ask("/api/maintenance")).json();
    const [{ next_ms }] = await parts.reportSchedules.all();
    return {
      metrics: zone,
      maintenance: clock(items.find((one: { id: string }) => one.id === id).from_ms),
      schedule: clock(next_ms!),
      backup: clock(parts.backup.nextMs()!),
      window: parts.windowOf("hall/press", nowMs)?.title ?? null,
      notification: (await parts.notify.dryRun(rule, nowMs - 1)).sent,
    };
  };
}

async function isShownInAnother(app: RunningApp): Promise<void> {
  const signIn = await fetch(`${app.url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: app.url },
    body: new URLSearchParams(ADMIN),
  });
  await signIn.body?.cancel();
  let cookie = signIn.headers.get("set-cookie")!.split(";")[0];
  const page = async (path: string) =>
    await (await fetch(app.url + path, { headers: { cookie } })).text();
  const choose = (zone: string) =>
    fetch(`${app.url}/time-zone`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: app.url, cookie },
      body: new URLSearchParams({ zone }),
    });
  assert.match(await page("/events"), /Times in America\/New_York \(UTC-0[45]:00\)/);

  const wrong = await choose("Mars/Olympus");
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /There is no such time zone/);
  const chosen = await choose("Asia/Tokyo");
  await chosen.body?.cancel();
  assert.equal(chosen.status, 303);
  cookie += `; ${chosen.headers.get("set-cookie")!.split(";")[0]}`;

  const events = await page("/events");
  assert.match(events, /Times in Asia\/Tokyo \(UTC\+09:00\); the site's zone is America\/New_York/);
  const audit = await page("/audit");
  const [, iso, text] = /<time datetime="([^"]+)"[^>]*>(\d{4}-[^<]+)</i.exec(audit)!;
  assert.equal(text, dateTime(Date.parse(iso), "Asia/Tokyo"));
  // What is entered for the site is the site's, whoever enters it.
  assert.match(await page("/maintenance"), /Times in America\/New_York; an end/);
  assert.match(await page("/report-schedules"), /Times in America\/New_York\. What is missed/);
  // Programs are answered as ever, whatever a browser chose.
  const metrics = await fetch(`${app.url}/api/metrics`, { headers: { cookie } });
  assert.equal((await metrics.json()).zone, SITE);
}
