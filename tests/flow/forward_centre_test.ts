/**
 * The centre's side of forwarding (Z32): a site's key writes that site alone and ends with its removal; what was taken
 * once is not taken twice; who cannot be the site is told so and acknowledged nothing. Controls:
 * `SABOTAGE=site_cursor` forgets up to where the site is stored.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Forward, Forwarded } from "../../lib/upstream/wire.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { forwardedFrom, readingsOf } from "../support/forwarded.ts";
import { sabotaged } from "../support/sabotage.ts";

const tester = systemActor("test");
const START_MS = Date.now() - 60_000;

interface Centre extends AppUnderTest {
  admin: string;
  /** Adds a site and gives its key. */
  addSite(id: string): Promise<string>;
  ask(path: string, key: string, body?: unknown, method?: string): Promise<Response>;
  forward(id: string, key: string, said: Partial<Forward>): Promise<Forwarded>;
  /** The sentence with which it is refused. */
  refusal(id: string, key: string, said: Partial<Forward>): Promise<string>;
  stored(sensor: string): Promise<number[]>;
}

async function withCentre(run: (centre: Centre) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    const { access } = under.app.parts();
    const { key: admin } = await access.keys.add({ name: "admin", role: "admin" }, tester);
    const ask: Centre["ask"] = (path, key, body, method = body === undefined ? "GET" : "POST") =>
      fetch(`${under.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    const send = (id: string, key: string, said: Partial<Forward>) =>
      ask(`/api/sites/${id}/forward`, key, forwardedFrom(said));
    await run({
      ...under,
      admin,
      ask,
      async addSite(id) {
        const response = await ask("/api/sites", admin, { id });
        assert.equal(response.status, 201);
        const { line } = await response.json();
        const url = new URL(line);
        assert.equal(url.username, id);
        return url.password;
      },
      async forward(id, key, said) {
        const response = await send(id, key, said);
        const body = await response.json();
        assert.equal(response.status, 200, JSON.stringify(body));
        return body;
      },
      async refusal(id, key, said) {
        const response = await send(id, key, said);
        assert.equal(response.status, 409);
        return (await response.json()).detail;
      },
      async stored(sensor) {
        const response = await ask(`/api/readings?sensor=${sensor}&from=-1h&points=0`, admin);
        if (response.status === 404) {
          await response.body?.cancel();
          return [];
        }
        return (await response.json()).v;
      },
    });
  } finally {
    await under.close();
  }
}

Deno.test("a site's key writes that site alone, and nothing once it is revoked", () =>
  withCentre(async (centre) => {
    const keys = { north: await centre.addSite("north"), south: await centre.addSite("south") };
    const { key: engineer } = await centre.app.parts().access.keys.add(
      { name: "engineer", role: "engineer" },
      tester,
    );
    const { key: press } = await centre.app.parts().access.keys.add(
      { name: "press", machine: "north/press" },
      tester,
    );
    const statusOf = async (site: string, key: string) => {
      const response = await centre.ask(`/api/sites/${site}/forward`, key, forwardedFrom());
      await response.body?.cancel();
      return response.status;
    };
    // Site × key, written out.
    for (const site of ["north", "south"] as const) {
      for (const [whose, key] of Object.entries({ ...keys, engineer, press, nobody: "x" })) {
        const expected = whose === site ? 200 : whose === "nobody" ? 401 : 403;
        assert.equal(await statusOf(site, key), expected, `${whose}'s key at ${site}`);
      }
    }
    assert.equal(await statusOf("west", keys.north), 404);
    for (const path of ["/api/sites", "/api/sensors", "/api/readings?sensor=x", "/api/keys"]) {
      const response = await centre.ask(path, keys.north);
      await response.body?.cancel();
      assert.equal(response.status, 403, path);
    }
    const outside = await centre.ask("/api/ingest", keys.north, {
      ...{ machine: "south/press", sensor: "load", value: 1 },
    });
    assert.notEqual(outside.status, 200);
    await outside.body?.cancel();
    const revoked = await centre.ask("/api/sites/north/key", centre.admin, undefined, "DELETE");
    assert.equal((await revoked.json()).state, "revoked");
    assert.equal(await statusOf("north", keys.north), 401, "at once");
    assert.equal(await statusOf("south", keys.south), 200);
    const renewed = await centre.ask("/api/sites/north/key", centre.admin, {});
    assert.equal(renewed.status, 201);
    const { password } = new URL((await renewed.json()).line);
    assert.equal(await statusOf("north", password), 200);
  }));

Deno.test("what a site sends is taken once, in order, and answered with how far it is stored", () =>
  withCentre(async (centre) => {
    const key = await centre.addSite("north");
    const values = Array.from({ length: 6 }, (_, i) => [START_MS, i % 2] as [number, number]);
    const first = { readings: readingsOf("hall/press/load", 10, values.slice(0, 4)) };
    assert.equal((await centre.forward("north", key, first)).readings, 14);
    if (sabotaged("site_cursor")) {
      await centre.app.parts().storage.db.write([{ sql: "delete from site_cursors" }]);
    }
    // The answer was lost: it comes again, alone and with what follows.
    assert.equal((await centre.forward("north", key, first)).readings, 14);
    const gap = { readings: readingsOf("hall/press/load", 15, values.slice(5)) };
    assert.equal((await centre.forward("north", key, gap)).readings, 14, "a gap is not taken");
    const rest = { readings: readingsOf("hall/press/load", 14, values.slice(4)) };
    assert.equal((await centre.forward("north", key, rest)).readings, 16);
    // At one time, with values that repeat: nothing but the place in the sequence tells them apart.
    const stored = await centre.stored("north/hall/press/load");
    assert.deepEqual(stored, values.map(([, value]) => value));
    // After a restore the numbers begin anew, and mean something else.
    const again = { epoch: "e2", readings: readingsOf("hall/press/load", 12, [[START_MS + 1, 7]]) };
    assert.equal((await centre.forward("north", key, again)).readings, 13);
    assert.equal((await centre.stored("north/hall/press/load")).length, 7);
    const lost = {
      epoch: "e2",
      readings: readingsOf("hall/press/load", 20, [[START_MS + 2, 8]]),
      lost_to: { readings: 20 },
    };
    assert.equal(
      (await centre.forward("north", key, lost)).readings,
      21,
      "after what was given up",
    );
  }));

Deno.test("names, units and limits of a site come with it, and it is not judged twice", () =>
  withCentre(async (centre) => {
    const key = await centre.addSite("north");
    const sensor = { id: "s1", name: "hall/press/load", unit: "kN", kind: "number" as const };
    const machine = { path: "hall/press", was: [], name: "Big press", tags: ["a"], notes: "" };
    const registry = {
      version: "v1",
      machines: [machine],
      sensors: [{ ...sensor, settings: { warning_high: 5, decimals: 1, scale: 9 } }],
    };
    const readings = readingsOf("hall/press/load", 0, [[START_MS, 9]]);
    const { registry: has } = await centre.forward("north", key, { registry, readings });
    assert.equal(has, "v1");
    const { app } = centre;
    const known = app.parts().registry.find("north/hall/press/load")!;
    assert.equal(known.unit, "kN");
    assert.deepEqual([known.settings.warning_high, known.settings.scale], [5, 1]);
    assert.deepEqual(await centre.stored("north/hall/press/load"), [9], "calibrated there");
    assert.deepEqual(app.parts().detection.plan(known.num), []);
    assert.equal(app.parts().registry.machines.find("north/hall/press")!.name, "Big press");
    // It was renamed, and moved with its machine, there.
    await centre.forward("north", key, {
      registry: {
        version: "v2",
        machines: [{ ...machine, path: "hall/press-1", was: ["hall/press"] }],
        sensors: [{
          ...sensor,
          name: "hall/press-1/force",
          settings: {},
        }],
      },
    });
    assert.equal(app.parts().registry.find("north/hall/press-1/force")!.id, known.id);
    assert.deepEqual(await centre.stored("north/hall/press-1/force"), [9]);
    const text = readingsOf("hall/door/state", 1, [[START_MS, 0], [START_MS + 1, 0]]);
    await centre.forward("north", key, { readings: { ...text, v: ["open", "shut"] } });
    assert.deepEqual(await centre.stored("north/hall/door/state"), ["open", "shut"]);
  }));

Deno.test("who cannot be the site is told why, and acknowledged nothing", () =>
  withCentre(async (centre) => {
    const key = await centre.addSite("north");
    await centre.forward("north", key, { instance: "a", host: "pi-1" });
    assert.match(
      await centre.refusal("north", key, { protocol: 9, perch: "9.0.0" }),
      /speaks version 1 of forwarding; the site north runs Perch 9\.0\.0 and speaks version 9/,
    );
    assert.match(
      await centre.refusal("north", key, { node: "other", host: "pi-9" }),
      /north is another Perch, on pi-1; this one, on pi-9, is not it/,
    );
    // A restart is a later start; a copied card is two that speak in turns.
    await centre.forward("north", key, { instance: "b", host: "pi-2" });
    const readings = readingsOf("hall/press/load", 0, [[START_MS, 1]]);
    const both = /Two programs say that they are the site north, on pi-2 and on pi-1/;
    assert.match(
      await centre.refusal("north", key, { instance: "a", host: "pi-1", readings }),
      both,
    );
    assert.match(await centre.refusal("north", key, { instance: "b", readings }), both);
    assert.deepEqual(await centre.stored("north/hall/press/load"), []);
    const site = await (await centre.ask("/api/sites/north", centre.admin)).json();
    assert.equal(site.state, "clash");
    assert.match(site.trouble, both);
    const chosen = await centre.ask("/api/sites/north/choose", centre.admin, { instance: "a" });
    assert.equal(chosen.status, 200, await chosen.text());
    assert.match(
      await centre.refusal("north", key, { instance: "b" }),
      /this one, on pi, is a copy/,
    );
    // What it numbered meanwhile is not what stands here: it begins anew.
    const wanted = await centre.forward("north", key, { instance: "a", readings });
    assert.deepEqual([wanted.fresh_epoch, wanted.readings], [true, null]);
    const fresh = await centre.forward("north", key, { instance: "a", epoch: "e2", readings });
    assert.deepEqual([fresh.fresh_epoch, fresh.readings], [false, 1]);
  }));
