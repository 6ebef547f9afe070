/**
 * Two Perches: an alarm at the edge is one at the centre, and acknowledging goes both ways; the centre's machines have
 * its names, units and limits; a restored centre is caught up with. Control: `SABOTAGE=site_commands` loses the
 * centre's orders.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const tester = systemActor("test");

const audited = ({ app }: AppUnderTest) => (change: AuditChange) =>
  app.parts().access.audit.statement({ actor: tester, ...change });
const byOf = (under: AppUnderTest, name: string) => ({ name, audited: audited(under) });

async function addSite(centre: AppUnderTest, id: string): Promise<string> {
  const { keys } = centre.app.parts().access;
  const { key } = await centre.app.parts().sites.add({ id, name: "North" }, {
    async addKey(given) {
      const made = await keys.add(given, tester);
      return { key: made.key, id: made.entry.id };
    },
    removeKey: (keyId) => keys.remove(keyId, tester),
    audited: audited(centre),
  });
  return centre.url.replace("://", `://${id}:${key}@`);
}

Deno.test("an alarm of a site is one at its centre, and whoever acknowledges it does so at both", async () => {
  const centre = await startApp();
  const edge = await startApp({ UPSTREAM_URL: await addSite(centre, "north") });
  try {
    const there = edge.app.parts();
    const here = centre.app.parts();
    const tried = <T>(what: string, look: () => T | null) =>
      until(what, () => {
        there.forwarder.wake();
        return look();
      }, 60_000);
    await tried(
      "the edge to be connected",
      () => there.forwarder.state().state === "connected" ? true : null,
    );
    await there.machines.addSensor(
      { name: "hall/press/load", unit: "kN", warning_high: 5 },
      audited(edge),
    );
    await there.intake.offerBatch({
      ...{ source: "http", topic: "test", rejects: [] },
      drafts: [{ sensor: "hall/press/load", value: 3 }],
    });
    await tried(
      "the sensor at the centre",
      () => here.registry.find("north/hall/press/load")?.unit === "kN" ? true : null,
    );
    const sensor = here.registry.find("north/hall/press/load")!;
    await tried("its value", () => sensor.last?.value === 3 ? true : null);
    assert.equal(sensor.settings.warning_high, 5);

    const raise = (text: string) =>
      there.alarms.raise(
        { machine: "hall/press", severity: "warning", text },
        byOf(edge, "Bea"),
      );
    const first = await raise("it rattles");
    const second = await raise("it leaks");
    const alarmHere = (id: string) =>
      here.alarms.open().find(({ cause }) => cause.endsWith(`:north/${id}`)) ?? null;
    const [rattles, leaks] = [
      await tried("the first alarm", () => alarmHere(first.id)),
      await tried("the second alarm", () => alarmHere(second.id)),
    ];
    assert.equal(rattles.machine, "north/hall/press");
    assert.match(rattles.title, /rattles/);

    await here.alarms.act(rattles.id, { kind: "acknowledge" }, byOf(centre, "Cem"));
    if (sabotaged("site_commands")) {
      await here.storage.db.write([{ sql: "delete from site_commands" }]);
      await centre.app.parts().sites.remove("north", {
        addKey: () => Promise.reject(new Error("none")),
        removeKey: () => Promise.resolve(),
        audited: audited(centre),
      });
    }
    const acknowledged = await tried(
      "the edge to hear of it",
      () =>
        there.alarms.open().find(({ id, state }) => id === first.id && state === "acknowledged") ??
          null,
    );
    assert.equal(acknowledged.acknowledged_by, "Cem at the centre");

    await there.alarms.act(second.id, { kind: "acknowledge" }, byOf(edge, "Bea"));
    const known = await tried("the centre to hear of it", () => {
      const one = alarmHere(second.id);
      return one?.state === "acknowledged" ? one : null;
    });
    assert.deepEqual([known.id, known.acknowledged_by], [leaks.id, "Bea at north"]);

    for (const { id } of [first, second]) {
      await there.alarms.act(id, { kind: "resolve", note: null, verdict: null }, byOf(edge, "Bea"));
    }
    await tried(
      "both to be over at the centre",
      () => alarmHere(first.id) === null && alarmHere(second.id) === null ? true : null,
    );
    assert.deepEqual(
      (await here.storage.db.query({ sql: "select * from site_commands" })).rows,
      [],
    );
    const events = await here.events.list({ subject: "site:north" });
    assert.ok(
      events.items.some(({ type, text }) =>
        type === "external.alarm_raised" && /^North: .*rattles/.test(text)
      ),
    );
  } finally {
    await edge.close();
    await centre.close();
  }
});
