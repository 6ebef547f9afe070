/** Settings, people and keys on the command line: real processes, while Perch runs and while it does not. */
import assert from "node:assert/strict";
import { SETTINGS } from "../../lib/settings/registry.ts";
import { perch, serve, signIn, withDir } from "../support/command_line.ts";
import { addKey } from "../support/perch.ts";
import { openStream } from "../support/sse.ts";

const PASSWORD = "correct horse battery";

interface Entry {
  action: string;
  resource: string;
  actor: { kind: string; name: string };
  before: unknown;
  after: unknown;
}

async function audit(url: string, key: string, action: string): Promise<Entry[]> {
  const response = await fetch(`${url}/api/audit?action=${action}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(response.status, 200);
  return (await response.json()).items;
}

Deno.test("perch settings lists, gets, sets and resets, before the first start, running and stopped", () =>
  withDir(async (dir) => {
    const settings = async (...words: string[]) => await perch(dir, ["settings", ...words]);
    const listed = await perch(dir, ["settings", "list", "--json"]);
    assert.equal(listed.code, 0, listed.err);
    const { items } = JSON.parse(listed.out);
    assert.deepEqual(items.map((one: { key: string }) => one.key), Object.keys(SETTINGS));
    const set = await settings("set", "retention.days", "30");
    assert.deepEqual([set.code, set.out], [0, "retention.days is 30 days."], set.err);
    const key = await addKey({ dataDir: dir, role: "admin" });

    const running = await serve(dir);
    try {
      const ask = async () => {
        const headers = { authorization: `Bearer ${key}` };
        const response = await fetch(`${running.url}/api/settings`, { headers });
        const { items } = await response.json();
        return items.find((one: { key: string }) => one.key === "retention.days");
      };
      assert.deepEqual([(await ask()).value, (await ask()).changed_by], [30, "command line"]);
      assert.equal((await settings("set", "retention.days", "31")).code, 0);
      assert.equal((await ask()).value, 31);
      const piped = await perch(dir, ["settings", "set", "intake.new_sensors"], { input: "off\n" });
      assert.deepEqual([piped.code, piped.out], [0, "intake.new_sensors is off."], piped.err);
      const got = await settings("get", "retention.days");
      assert.match(got.out, /^retention\.days is 31 days\n +Keep the readings themselves for\./);
      assert.match(got.out, /Allowed: a whole number from 0 to 36500\./);
      assert.match(got.out, /Changed by command line, \d{4}-/);
      const json = JSON.parse((await settings("get", "retention.days", "--json")).out);
      assert.deepEqual(json, await ask());
      const networks = "192.168.1.0/24, 10.0.0.0/8";
      const list = await settings("set", "outgoing.allowed_networks", networks);
      assert.equal(list.out, `outgoing.allowed_networks is ${networks}.`, list.err);
      assert.equal((await settings("reset", "outgoing.allowed_networks")).code, 0);
      const shown = await settings("set", "thingspeak.write_key", "canary-1");
      assert.deepEqual([shown.code, shown.out], [2, ""]);
      assert.match(shown.err, /is a secret: give it on standard input/);
      const secret = await perch(dir, ["settings", "set", "thingspeak.write_key"], {
        input: "canary-2\n",
      });
      assert.deepEqual([secret.code, secret.out], [0, "thingspeak.write_key is set."], secret.err);
      for (const words of [["list"], ["get", "thingspeak.write_key"]]) {
        const { out } = await settings(...words, "--json");
        assert.ok(out.includes("thingspeak.write_key") && !out.includes("canary"));
      }
      const all = await audit(running.url, key, "setting");
      assert.ok(!JSON.stringify(all).includes("canary"));
      const rows = all.filter((row) => /retention|new_sensors/.test(row.resource));
      assert.deepEqual(rows.map((row) => [row.resource, row.before, row.after]), [
        ["setting:intake.new_sensors", true, false],
        ["setting:retention.days", 30, 31],
        ["setting:retention.days", 0, 30],
      ]);
      assert.deepEqual(rows[0].actor, { kind: "system", id: null, name: "command line" });
    } finally {
      await running.stop();
    }
    const reset = await settings("reset", "retention.days");
    assert.deepEqual([reset.code, reset.out], [0, "retention.days is 0 days (the default)."]);
    const table = (await settings("list")).out.split("\n");
    assert.match(
      table.find((row) => row.startsWith("retention.days"))!,
      / 0 days +default +Keep/,
    );
    assert.match(table.find((row) => row.startsWith("intake.new_sensors "))!, / off +changed +/);
  }));

Deno.test("perch settings refuses what is wrong in one sentence with exit code 2 and changes nothing", () =>
  withDir(async (dir) => {
    const cases: [string[], RegExp][] = [
      [["set", "retention.days", "soon"], /^retention\.days is "soon": give a whole number from 0/],
      [["set", "retention.days", "36501"], /^retention\.days is 36501: give a whole number from 0/],
      [["set", "retention.days", "1.5"], /give a whole number/],
      [["set", "intake.new_sensors", "maybe"], /^intake\.new_sensors is "maybe": give on or off/],
      [["set", "no.such", "1"], /^There is no setting "no\.such": perch settings list names them/],
      [["set", "alarms.least_severity", "loud"], /is "loud": give info, warning, critical/],
      [["set", "outgoing.allowed_networks", "here"], /^outgoing\.allowed_networks: .*here/],
      [["set", "thingspeak.channel", "x"], /^thingspeak\.channel: must be a number, or empty/],
      [["get", "__proto__"], /^There is no setting "__proto__"/],
      [["reset", "no.such"], /^There is no setting "no\.such"/],
      [["get"], /^NAME is missing \(perch settings get NAME\)/],
      [["set", "retention.days", "1", "2"], /^"2" is one word too many/],
      [[], /^"settings" is not a command: use settings list, settings get/],
    ];
    for (const [words, expected] of cases) {
      const { code, err, out } = await perch(dir, ["settings", ...words]);
      assert.deepEqual([code, out], [2, ""], `${words.join(" ")}: ${err}`);
      assert.match(err, expected);
      assert.equal(err.split("\n").length, 1, err);
    }
    const { items } = JSON.parse((await perch(dir, ["settings", "list", "--json"])).out);
    assert.ok(items.every((one: { changed: boolean }) => !one.changed));
  }));

Deno.test("perch user disables, enables and deletes; sign-ins and streams end within a second", () =>
  withDir(async (dir) => {
    const user = (verb: string, email: string, ...more: string[]) =>
      perch(dir, ["user", verb, "--email", email, ...more], { input: PASSWORD });
    assert.equal((await user("add", "boss@example.com", "--role", "admin")).code, 0);
    assert.equal((await user("add", "ada@example.com", "--role", "viewer")).code, 0);
    const key = await addKey({ dataDir: dir, role: "admin" });
    const running = await serve(dir);
    try {
      const login = await fetch(`${running.url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: "ada@example.com", password: PASSWORD }),
      });
      const { access_token } = await login.json();
      const headers = { authorization: `Bearer ${access_token}` };
      const stream = await openStream(`${running.url}/api/stream`, { headers });
      let endedMs = 0;
      const ended = (async () => {
        while (await stream.next() !== null);
        endedMs = Date.now();
      })();
      const disabled = await user("disable", "ada@example.com");
      assert.equal(disabled.code, 0, disabled.err);
      await ended;
      const [row] = await audit(running.url, key, "user.disabled");
      const changedMs = (row as unknown as { ts: number }).ts;
      assert.ok(endedMs - changedMs < 1000, `ended after ${endedMs - changedMs} ms`);
      const me = await fetch(`${running.url}/api/users/me`, { headers });
      await me.body?.cancel();
      assert.equal(me.status, 401);
      assert.equal(await signIn(running.url, "ada@example.com", PASSWORD), 401);
      const listed = await perch(dir, ["user", "list"]);
      assert.match(listed.out, /^EMAIL +ROLE/);
      assert.match(listed.out, /ada@example\.com +viewer +disabled/);
      assert.equal((await user("enable", "ada@example.com")).code, 0);
      assert.equal(await signIn(running.url, "ada@example.com", PASSWORD), 200);
      assert.equal((await user("delete", "ada@example.com")).code, 0);
      assert.equal(await signIn(running.url, "ada@example.com", PASSWORD), 401);
      const last = await user("disable", "boss@example.com");
      assert.equal(last.code, 1);
      assert.match(last.err, /only active admin/);
      const nobody = await user("delete", "ada@example.com");
      assert.deepEqual([nobody.code, nobody.err], [
        1,
        "Nobody has an account as ada@example.com.",
      ]);
    } finally {
      await running.stop();
    }
    const { items } = JSON.parse((await perch(dir, ["user", "list", "--json"])).out);
    assert.deepEqual(items.map((one: { email: string }) => one.email), ["boss@example.com"]);
  }));

Deno.test("perch key adds with scopes and an end, lists without the key, and revokes", () =>
  withDir(async (dir) => {
    const key = (...words: string[]) => perch(dir, ["key", ...words]);
    const added = await key(
      ...["add", "--name", "telegraf", "--role", "engineer", "--scope", "ingest,read"],
      ...["--expires", "90d", "--json"],
    );
    assert.equal(added.code, 0, added.err);
    const { key: secret } = JSON.parse(added.out);
    assert.equal((await key("add", "--name", "press", "--machine", "hall/press")).code, 0);
    const running = await serve(dir);
    try {
      const ask = async (path: string, init: RequestInit = {}) => {
        const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
        const response = await fetch(`${running.url}${path}`, { headers, ...init });
        await response.body?.cancel();
        return response.status;
      };
      assert.equal(await ask("/api/sensors"), 200);
      const body = JSON.stringify({ machine: "a/b", sensor: "c", value: 1 });
      assert.ok(await ask("/api/ingest", { method: "POST", body }) < 300);
      assert.equal(await ask("/api/settings/retention.days", { method: "PATCH", body: "{}" }), 403);
      const listed = JSON.parse((await key("list", "--json")).out).items;
      assert.ok(!JSON.stringify(listed).includes(secret));
      const telegraf = listed.find((one: { name: string }) => one.name === "telegraf");
      assert.deepEqual(telegraf.scopes, ["ingest", "read"]);
      const days = (telegraf.expires - Date.now()) / 86_400_000;
      assert.ok(days > 89.9 && days <= 90, `${days} days`);
      assert.match((await key("list")).out, /press +perch_\S+… +hall\/press +- +- +-/);
      const revoked = await key("revoke", "telegraf");
      assert.deepEqual([revoked.code, revoked.out], [0, 'Key "telegraf" has ended.'], revoked.err);
      assert.equal(await ask("/api/sensors"), 401);
    } finally {
      await running.stop();
    }
    const cases: [string[], number, RegExp][] = [
      [["revoke", "telegraf"], 1, /^There is no key "telegraf": perch key list names them/],
      [["add", "--name", "x", "--role", "viewer", "--scope", "fly"], 2, /read.*ingest.*operate/],
      [["add", "--name", "x", "--role", "viewer", "--expires", "soon"], 2, /^--expires is "soon"/],
      [["add", "--name", "x"], 2, /^--role is missing/],
      [["add", "--name", "x", "--machine", "a/b", "--scope", "read"], 2, /a device key has none/],
    ];
    for (const [words, code, expected] of cases) {
      const answer = await key(...words);
      assert.equal(answer.code, code, answer.err);
      assert.match(answer.err, expected);
    }
  }));
