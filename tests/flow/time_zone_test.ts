/** The site's time zone as the settings name it, and the one that a person looks in. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { dateTime } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

const ADMIN = { email: "ada@example.org", password: "long enough" };
const SITE = "America/New_York";
const json = { "content-type": "application/json" };

Deno.test("time zone: the site's counts days, windows and schedules after the next start; a viewer's is for pages alone", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-zone-" });
  try {
    let app = await runApp({ PERCH_DATA: dataDir });
    try {
      await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
      const set = (value: string) =>
        app.ask("/api/settings/site.time_zone", {
          role: "admin",
          method: "PATCH",
          headers: json,
          body: JSON.stringify({ value }),
        });
      const refused = await set("Europe/Berlyn");
      assert.equal(refused.status, 400);
      assert.match(await refused.text(), /name a time zone, such as Europe\/Berlin/);
      const taken = await set(SITE);
      assert.equal(taken.status, 200, await taken.text());
    } finally {
      await app.stop();
    }
    app = await runApp({ PERCH_DATA: dataDir });
    try {
      await countsInIt(app);
      await isShownInAnother(app);
    } finally {
      await app.stop();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

async function countsInIt(app: RunningApp): Promise<void> {
  assert.equal((await (await app.ask("/api/metrics")).json()).zone, SITE);
  const added = await app.ask("/api/maintenance", {
    role: "engineer",
    method: "POST",
    headers: json,
    body: JSON.stringify({
      path: "",
      title: "Night",
      timing: { kind: "weekly", days: ["mon"], start: "02:00", end: "04:00" },
    }),
  });
  const window = await added.json();
  assert.equal(added.status, 201, JSON.stringify(window));
  const begins = Temporal.Instant.fromEpochMilliseconds(window.from_ms).toZonedDateTimeISO(SITE);
  assert.equal(begins.toPlainTime().toString(), "02:00:00");
  const { backup } = app.parts;
  const next = Temporal.Instant.fromEpochMilliseconds(backup.nextMs()!).toZonedDateTimeISO(SITE);
  assert.equal(next.minute, 0);
  assert.equal(next.toPlainTime().toString().slice(0, 5), app.parts.settings.get("backup.time"));
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
