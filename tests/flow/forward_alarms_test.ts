/**
 * Two Perches: an alarm at the edge is one at the centre, also one that is over by then, and acknowledging goes both ways; the centre's machines have
 * its names, units and limits; a restored centre is caught up with. Control: `SABOTAGE=site_commands` loses the
 * centre's orders.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { startCuttable } from "../support/cuttable.ts";
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

Deno.test("an alarm that came and went while the line was down is in the centre's history, once", async () => {
  const centre = await startApp();
  await using link = startCuttable(Number(new URL(centre.url).port));
  const line = new URL(await addSite(centre, "north"));
  line.host = new URL(link.url).host;
  const edge = await startApp({ UPSTREAM_URL: line.href });
  try {
    const there = edge.app.parts();
    const here = centre.app.parts();
    const connected = () =>
      until("the edge to be connected", () => {
        there.forwarder.wake();
        return there.forwarder.state().state === "connected" ? true : null;
      }, 60_000);
    await connected();
    await there.machines.addMachine(
      { path: "hall/press", name: null, tags: [], notes: "" },
      audited(edge),
    );
    const bea = byOf(edge, "Bea");
    const raise = (text: string) =>
      there.alarms.raise({ machine: "hall/press", severity: "critical", text }, bea);
    const resolve = (id: string) =>
      there.alarms.act(id, { kind: "resolve", note: null, verdict: null }, bea);
    const open = () => here.alarms.open().map(({ title }) => title);
    const before = await raise("it rattles");
    await until("the centre to know it", () => open().length === 1 ? true : null, 60_000);

    link.cut();
    await until("the edge to notice", () => {
      there.forwarder.wake();
      return there.forwarder.state().state === "waiting" ? true : null;
    }, 60_000);
    const meanwhile = await raise("it leaks");
    await there.alarms.act(meanwhile.id, { kind: "acknowledge" }, bea);
    const over = await resolve(meanwhile.id);
    await resolve(before.id);
    const standing = await raise("it smells");
    link.mend();
    await connected();

    const past = await until("the centre to hear of it", async () => {
      there.forwarder.wake();
      const { items } = await here.alarms.list({ limit: 10 });
      return items.length === 3 && /smells/.test(open().join()) ? items : null;
    }, 60_000);
    const leaks = past.find(({ title }) => /leaks/.test(title))!;
    assert.deepEqual(
      [leaks.state, leaks.machine, leaks.severity, leaks.present, leaks.count],
      ["resolved", "north/hall/press", "critical", false, 1],
    );
    assert.deepEqual([leaks.raised_ms, leaks.resolved_ms], [over.raised_ms, over.resolved_ms]);
    assert.deepEqual(
      [leaks.acknowledged_by, leaks.resolved_by],
      ["Bea at north", "Bea at north"],
    );
    assert.match(leaks.note!, /came and went there before this Perch heard of it/);
    const smells = past.find(({ title }) => /smells/.test(title))!;
    assert.equal(smells.raised_ms, standing.raised_ms, "since when it stands there");
    const history = await here.events.list({ subject: `alarm:${leaks.id}` });
    assert.match(history.items[0].text, /it leaks: over: it came and went there before this Perch/);
  } finally {
    await edge.close();
    await centre.close();
  }
});

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
