/**
 * From an overheating bearing to a closed ticket, as it goes in a plant: the simulator's fault script, a real
 * SMTP server, a webhook, and a person with a phone. And the same with the mail server away and Perch killed
 * twice.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Webhook } from "standardwebhooks";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { perch as perchCommandLine } from "../support/command_line.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { picture } from "../support/pictures.ts";
import { freePort } from "../support/port.ts";
import { type Receiver, startReceiver } from "../support/receivers/http.ts";
import { type SmtpReceiver, startSmtp, type TakenMail } from "../support/receivers/smtp.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const MACHINE = "hall-1/press-3";
const SENSOR = `${MACHINE}/temperature`;
const FAULTS = [
  { atS: 100, durationS: 9_000, machine: "hall-1/press-3", kind: "bearing-wear", amount: 6 },
];
const PROTOCOL = {
  answer: () => ({ status: 204 }),
  rateLimited: { status: 429 },
  broken: { status: 500 },
  lie: null,
};

interface Plant {
  dataDir: string;
  env: Record<string, string>;
  start(options?: { stopped?: boolean }): Promise<PerchProcess>;
}

async function plant(smtpPort: number): Promise<Plant> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-repair-" });
  await Deno.writeTextFile(`${dataDir}/faults.json`, JSON.stringify(FAULTS));
  const env = {
    PERCH_PORT: String(freePort()),
    MQTT_PORT: String(freePort()),
    SMTP_SERVER: "127.0.0.1",
    SMTP_PORT: String(smtpPort),
    SENDER_EMAIL: "perch@example.org",
    RECIPIENT_EMAIL: "plant@example.org",
    OUTGOING_NETWORKS: "127.0.0.0/8,::1",
  };
  // Limits alone raise alarms: what the adaptive detector makes of a plant at 60 times its speed is not in question.
  // And a machine that runs tests is busy: Perch would refuse photographs to save itself.
  for (const setting of [["alarms.raised_by", "threshold"], ["host.emergency", "false"]]) {
    const set = await perchCommandLine(dataDir, ["settings", "set", ...setting]);
    assert.equal(set.code, 0, set.err);
  }
  const args = ["sim", "--scenario", "normal", "--speed", "60", "--faults", "faults.json"];
  const start = ({ stopped = false } = {}) =>
    startPerch({ dataDir, env, args: stopped ? [...args, "--stopped"] : args });
  return { dataDir, env, start };
}

/** Calls as a person of the simulator. */
function caller(url: string, who: string) {
  let token = "";
  return async (method: string, path: string, body?: unknown): Promise<Json> => {
    if (token === "") {
      const login = await fetch(`${url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: `${who}@example.com`, password: `${who}123` }),
      });
      token = (await login.json()).access_token;
    }
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
}
type Call = ReturnType<typeof caller>;

async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  mostMs = 60_000,
): Promise<T> {
  const deadlineMs = performance.now() + mostMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${mostMs / 1000} s`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

/** A limit that the bearing's heat will cross. */
async function limit(call: Call): Promise<void> {
  const sensor = await until("the sensor", async () => {
    const { items } = await call("GET", "/api/sensors?limit=500");
    return items.find((one: Json) => one.name === SENSOR && one.last !== null);
  });
  await call("PATCH", `/api/sensors/${SENSOR}`, {
    warning_high: Math.round(sensor.last.value + 10),
    hysteresis: 8,
  });
}

async function theAlarm(call: Call): Promise<Json> {
  return await until("the alarm", async () => {
    const { items } = await call("GET", "/api/alarms?limit=100");
    return items.find((one: Json) => one.sensor === SENSOR && one.source === "threshold");
  }, 120_000);
}

async function steps(call: Call, alarm: Json, type: string): Promise<Json[]> {
  const { history } = await call("GET", `/api/alarms/${alarm.id}`);
  return history.filter((one: Json) => one.type === type);
}

/** The mail about a step; its Message-ID holds the step's uid. */
function mailOf(smtp: SmtpReceiver, uid: string): TakenMail[] {
  return smtp.mails.filter(({ mail }) => mail.messageId?.includes(uid));
}

async function uidOf(call: Call, alarm: Json, type: string): Promise<string> {
  return await until(`a delivery of ${type}`, async () => {
    const { items } = await call("GET", `/api/deliveries?subject=alarm:${alarm.id}`);
    return items.find((one: Json) => one.type === type)?.uid;
  });
}

Deno.test({
  name: "repair: a bearing overheats, one alarm, mail, webhook and ticket; worked on with a phone",
  ignore: chromiumIsMissing(),
  fn: async () => {
    const smtp = await startSmtp();
    const hook: Receiver = startReceiver(PROTOCOL);
    const { dataDir, start } = await plant(smtp.port);
    const perch = await start();
    const browser = await startBrowser();
    try {
      const admin = caller(perch.url, "admin");
      const { secret } = await admin("POST", "/api/webhooks", {
        name: "System",
        url: hook.url,
        events: ["alarm", "ticket"],
      });
      await limit(admin);
      const alarm = await theAlarm(admin);
      const raised = await uidOf(admin, alarm, "alarm.raised");

      const [{ mail, to }] = await until(
        "the mail",
        () => Promise.resolve(mailOf(smtp, raised).length > 0 && mailOf(smtp, raised)),
      ).catch(async (error) => {
        const { items } = await admin("GET", `/api/deliveries?subject=alarm:${alarm.id}`);
        throw new Error(`${error.message}: ${JSON.stringify(items)}`);
      });
      assert.deepEqual(to, ["plant@example.org"]);
      assert.ok(mail.text?.includes(alarm.title), "the text part says it");
      assert.match(mail.html ?? "", /#9a6700/i, "the header has the colour of a warning");
      const posted = await until(
        "the webhook",
        () => Promise.resolve(hook.accepted.find((r) => r.headers.get("webhook-id") === raised)),
      );
      const verified = new Webhook(secret).verify(posted.body, Object.fromEntries(posted.headers));
      assert.equal((verified as Json).type, "alarm.raised");
      const ticket = await until("the ticket", async () => {
        const { items } = await admin("GET", "/api/tickets");
        return items.find((one: Json) => one.alarm_id === alarm.id);
      });

      const { page, faults } = await visitor(browser, { url: perch.url, viewport: PHONE });
      await signIn(page, "engineer@example.com", "engineer123");
      await page.goto("/alarms");
      await page.getByRole("link", { name: alarm.title }).first().click();
      await page.waitForURL("**/alarms/*");
      await assertAccessible(page);
      await assertFits(page);
      await page.getByRole("button", { name: "Acknowledge" }).click();
      await until(
        "acknowledged",
        async () => (await admin("GET", `/api/alarms/${alarm.id}`)).state === "acknowledged",
      );
      await page.goto(`/alarms/${alarm.id}`);
      await page.getByLabel("Comment").fill("The bearing is hot; a new one is on its way.");
      await page.setInputFiles("#photo", {
        name: "bearing.png",
        mimeType: "image/png",
        buffer: Buffer.from(picture("png")),
      });
      await page.getByRole("button", { name: "Comment" }).click();
      await page.getByText("a new one is on its way").first().waitFor();
      await page.getByText("bearing.png").first().waitFor();
      await page.locator("summary", { hasText: "Resolve" }).click();
      await page.getByLabel("Cause and action taken").fill("Bearing replaced.");
      await page.getByLabel("Was it a real problem?").selectOption("real");
      await page.getByRole("button", { name: "Resolve" }).click();
      await until(
        "resolved",
        async () => (await admin("GET", `/api/alarms/${alarm.id}`)).state === "resolved",
      );
      await page.goto("/tickets?state=resolved");
      await page.goto(`/tickets/${ticket.id}`);
      await page.getByRole("button", { name: "Close" }).click();
      await until(
        "closed",
        async () => (await admin("GET", `/api/tickets/${ticket.id}`)).state === "closed",
      );
      await page.goto(`/alarms/${alarm.id}/told`);
      assert.match(await page.innerText("main"), /sent to Email/);
      assert.deepEqual(faults, []);

      const raisings = await steps(admin, alarm, "alarm.raised");
      assert.equal(raisings.length, 1, "one alarm, not forty");
      const { items: alarms } = await admin("GET", "/api/alarms?limit=200");
      const own = alarms.filter((one: Json) => one.machine === MACHINE);
      assert.equal(own.length, 1);
      const ended = await uidOf(admin, alarm, "alarm.resolved");
      await until("the mail of the end", () => Promise.resolve(mailOf(smtp, ended).length > 0));
      const { items: found } = await admin("GET", `/api/anomalies?sensor=${SENSOR}&limit=200`);
      assert.ok(found.some((one: Json) => one.feedback === "real"), "real reaches the detector");
      const { items: audit } = await admin("GET", "/api/audit?limit=200");
      const actions = audit.map((row: Json) => row.action);
      for (
        const action of [
          "sensor.update",
          "alarm.acknowledge",
          "comment.add",
          "attachment.add",
          "alarm.resolve",
          "ticket.close",
        ]
      ) assert.ok(actions.includes(action), `${action} is not among ${[...new Set(actions)]}`);
    } finally {
      await browser.close();
      await perch.stop();
      await smtp.close();
      await hook.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "repair: the mail server is away and Perch is killed twice: beginning and end arrive, with their ids",
  fn: async () => {
    const smtpPort = freePort();
    const { dataDir, start } = await plant(smtpPort);
    let perch = await start();
    let smtp: SmtpReceiver | null = null;
    try {
      await limit(caller(perch.url, "admin"));
      const alarm = await theAlarm(caller(perch.url, "admin"));
      // A plant that begins anew is cold: the alarm would resolve by itself.
      await perch.kill();
      perch = await start({ stopped: true });
      let admin = caller(perch.url, "admin");
      await admin("POST", `/api/alarms/${alarm.id}/resolve`, { note: "Bearing replaced" });
      await perch.kill();
      perch = await start({ stopped: true });
      admin = caller(perch.url, "admin");
      const uids = {
        raised: await uidOf(admin, alarm, "alarm.raised"),
        resolved: await uidOf(admin, alarm, "alarm.resolved"),
      };
      const { items: before } = await admin("GET", `/api/deliveries?subject=alarm:${alarm.id}`);
      assert.ok(before.every((one: Json) => one.state === "waiting"), "both wait, seen by people");
      smtp = await startSmtp({ port: smtpPort });
      const server = smtp;
      await until(
        "both mails",
        () => Promise.resolve(Object.values(uids).every((uid) => mailOf(server, uid).length > 0)),
        180_000,
      );
      const order = server.mails.map(({ mail }) => mail.messageId ?? "");
      const at = (uid: string) => order.findIndex((id) => id.includes(uid));
      assert.ok(at(uids.raised) < at(uids.resolved), "the beginning before the end");
    } finally {
      await perch.stop();
      await smtp?.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
