/** Restarts and the reboot over the API and the page: a real D-Bus, a made-up systemd. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import { createSystemd } from "../../lib/health/system/systemd.ts";
import type { UnitList } from "../../lib/health/system/unit_list.ts";
import { startApp } from "../support/app.ts";
import { failed, haveDbus, running, startHostBus } from "../support/host_bus.ts";

const PASSWORD = "long enough to be one";
const HOST = Deno.hostname();
const REBOOT = "/api/system/reboot";
const RESTART = "/api/system/restart-services";

Deno.test({
  name:
    "system control: admins, proven again, who type the host's name; written down before it happens",
  ignore: !haveDbus(),
  async fn(test) {
    await using host = await startHostBus();
    host.own = "perch.service";
    host.units.set("perch.service", running());
    const list: UnitList = { units: ["nginx.service", "mosquitto.service"], trouble: null };
    for (const name of list.units) host.units.set(name, running());
    const under = await startApp({}, {
      system: {
        manager: createSystemd({ address: host.address, answerMs: 2_000 }),
        list: () => Promise.resolve(list),
      },
    });
    const { access, events } = under.app.parts();
    const tokens = new Map<Role, string>();
    for (const role of ["viewer", "engineer", "admin"] as const) {
      const email = `${role}@plant.example`;
      await access.users.add({ email, role, password: PASSWORD }, systemActor("test"));
      const answer = await fetch(`${under.url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password: PASSWORD }),
      });
      tokens.set(role, (await answer.json()).access_token);
    }
    const ask = async (path: string, body?: unknown, bearer = tokens.get("admin")) => {
      const answer = await fetch(under.url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
          "content-type": "application/json",
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, text };
    };
    const meant = { host: HOST, password: PASSWORD };
    const recorded = async (action: string) => (await access.audit.list({ action })).items.length;

    await test.step("nobody else, no key, no wrong proof, no other unit", async () => {
      const { key } = await access.keys.add({ name: "k", role: "admin" }, systemActor("test"));
      for (const path of [REBOOT, RESTART]) {
        assert.equal((await ask(path, meant, "")).status, 401);
        assert.equal((await ask(path, meant, tokens.get("engineer"))).status, 403);
        assert.equal((await ask(path, meant, key)).status, 403);
        assert.equal((await ask(path, { ...meant, password: "another one" })).status, 403);
        const { status, text } = await ask(path, { ...meant, host: "another" });
        assert.equal(status, 400);
        assert.match(text, new RegExp(`this host is ${HOST}; type its name`));
        assert.equal((await ask(path, { ...meant, command: "rm" })).status, 400);
      }
      const other = await ask(RESTART, { ...meant, units: ["ssh.service"] });
      assert.equal(other.status, 400);
      assert.match(
        other.text,
        /ssh\.service.* is not one of nginx\.service, mosquitto\.service, perch/,
      );
      assert.deepEqual(host.asked, []);
      assert.equal(await recorded("system.reboot"), 0);
    });

    await test.step("restarts: all with Perch last, or one; recorded", async () => {
      const all = await ask(RESTART, meant);
      assert.equal(all.status, 202, all.text);
      const expected = ["nginx.service", "mosquitto.service", "perch.service"];
      assert.deepEqual(JSON.parse(all.text), { units: expected });
      assert.deepEqual(host.asked, expected.map((name) => `RestartUnit ${name} replace`));
      assert.equal((await ask(RESTART, { ...meant, units: ["nginx.service"] })).status, 202);
      assert.equal(host.asked.length, 4);
      const [row] = (await access.audit.list({ action: "system.restart_services" })).items;
      assert.equal(row.resource, `host:${HOST}`);
    });

    await test.step("a reboot is in the audit log and the event log before it happens; a second one waits", async () => {
      let rows = -1;
      let said = "";
      host.onReboot = async () => {
        rows = await recorded("system.reboot");
        said = (await events.list({ types: ["system.reboot"] })).items[0]?.text ?? "";
      };
      const answer = await ask(REBOOT, meant);
      assert.equal(answer.status, 202, answer.text);
      assert.equal(rows, 1);
      assert.match(said, new RegExp(`reboots this host \\(${HOST}\\)`));
      const again = await ask(REBOOT, meant);
      assert.equal(again.status, 409);
      assert.ok(Number(again.headers.get("retry-after")) > 200);
      assert.equal(host.asked.filter((one) => one === "Reboot").length, 1);
      const { last_reboot } = JSON.parse((await ask("/api/system")).text);
      assert.match(last_reboot.why, /admin@plant\.example|asked for it/);
    });

    await test.step("what polkit refuses says what to do", async () => {
      host.unauthorised.add("RestartUnit");
      const { status, text } = await ask(RESTART, meant);
      assert.equal(status, 503);
      assert.match(text, /sudo perch install/);
      host.unauthorised.clear();
    });

    await test.step("the page shows units, says what is missing, and does the same by forms", async () => {
      host.units.set("nginx.service", failed());
      assert.match((await ask("/system")).text, /nginx\.service failed/);
      const form = (fields: Record<string, string>) =>
        fetch(`${under.url}/system/restart`, {
          method: "POST",
          headers: { authorization: `Bearer ${tokens.get("admin")}` },
          body: new URLSearchParams(fields),
        });
      const wrong = await form({ unit: "all", host: "another", password: PASSWORD });
      assert.equal(wrong.status, 400);
      assert.match(await wrong.text(), /type its name/);
      const done = await form({ unit: "mosquitto.service", host: HOST, password: PASSWORD });
      assert.match(await done.text(), /systemd restarts mosquitto\.service/);
      host.own = null;
      assert.match((await ask("/system")).text, /was not installed as a service/);
      await host.kill();
      assert.match((await ask("/system")).text, /no D-Bus can be used/);
      const gone = await ask(REBOOT, { ...meant });
      assert.ok([409, 503].includes(gone.status), gone.text);
    });
    await under.close();
  },
});
