/** The host as a machine of its own: from samples to readings, limits and alarms, beside a plant. */
import assert from "node:assert/strict";
import type { Parts } from "../../lib/app/parts.ts";
import type { HostSample } from "../../lib/health/host_sample.ts";
import { DAY_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { runApp } from "../support/app_client.ts";
import { fastClock } from "../support/fast_clock.ts";
import { hostPower, hostSample } from "../support/host.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

/** Half a second is a minute. */
const FAST = 120;
const DISK = { totalBytes: 64e9, freeBytes: 48e9, inodes: 4e6, inodesFree: 3e6, readOnly: false };

/** An application that looks at a made-up host, and has a plant of one sensor. */
async function runHost(change: Partial<HostSample> = {}) {
  const clock = fastClock(FAST);
  const site = { change };
  // SABOTAGE=host-silent: the host gives nothing.
  const sample = () =>
    Promise.resolve(hostSample(
      sabotaged("host-silent")
        ? { atMs: clock.now(), cpu: null, disk: null, power: null, temperatures: [] }
        : { atMs: clock.now(), ...site.change },
    ));
  const databaseWrites = () => Promise.resolve(null);
  const under = await runApp({}, { clock, host: () => ({ sample, databaseWrites }) });
  const json = async (path: string) => {
    const answer = await under.ask(path);
    if (answer.status !== 200) throw new Error(await answer.text());
    return await answer.json();
  };
  /** Waits for the next commit of the host, which a reading of the plant brings on. */
  const nextMinute = async () => {
    const at = () => under.parts.host!.sensors.find("cpu")?.last?.tMs ?? null;
    const beforeMs = at();
    await until("a reading of the host", async () => {
      await under.ingest([{ machine: "hall/press", sensor: "temp", value: Math.random() }]);
      return at() === beforeMs ? null : true;
    });
  };
  return { ...under, site, json, nextMinute };
}

Deno.test("the host's readings are a machine's, confirmed, with limits, and none of the plant's", async (t) => {
  const under = await runHost();
  const { json, site, nextMinute, parts } = under;
  try {
    await nextMinute();
    await t.step("confirmed sensors with units and the preset limits", async () => {
      const [machine] = (await json("/api/machines?q=host")).items;
      assert.deepEqual([machine.path, machine.review], ["this host", "confirmed"]);
      const limits = (name: string) => {
        const { unit, review, settings } = parts.host!.sensors.find(name)!;
        return [unit, review, settings.warning_high, settings.critical_high].join(" ");
      };
      assert.equal(limits("cpu"), "% confirmed 85 95");
      assert.equal(limits("memory"), "% confirmed 90 95");
      assert.equal(limits("disk"), "% confirmed 90 95");
      assert.equal(limits("temperature"), "°C confirmed 70 80");
      const { t: times, v } = await json(
        "/api/readings?sensor=this%20host%2Fdisk&points=0&from=-6h",
      );
      assert.deepEqual([times.length >= 1, v[0]], [true, 25]);
    });
    await t.step(
      "the plant is counted without it, and new sensors are as many as before",
      async () => {
        const status = await json("/api/status");
        assert.deepEqual([status.sensors.total, status.sensors.unreviewed], [1, 1]);
        assert.equal(status.machines.total, 1);
        assert.equal(parts.registry.newLeft(), 999);
        assert.deepEqual(parts.predictions.machines(), ["hall/press"]);
        const page = await (await under.ask("/")).text();
        assert.ok(!page.includes("This host"), "the overview shows the plant");
      },
    );
    await t.step("only set limits and silence watch it", () => {
      const watches = (name: string) =>
        [...parts.detection.watches(parts.registry.find(name)!.num)].sort();
      assert.deepEqual(watches("this host/cpu"), ["silence", "threshold"]);
      assert.deepEqual(watches("hall/press/temp"), ["departure", "silence", "streaming", "zscore"]);
    });
    await t.step("a limit that a person set and a sensor that one deleted stay so", async () => {
      const change = (method: string, name: string, body?: unknown) =>
        under.ask(`/api/sensors/${parts.host!.sensors.find(name)!.id}`, {
          role: "engineer",
          method,
          headers: { "content-type": "application/json" },
          body: body === undefined ? undefined : JSON.stringify(body),
        }).then(async (answer) => assert.ok(answer.ok, await answer.text()));
      await change("PATCH", "temperature", { warning_high: 60 });
      await change("DELETE", "swap");
      const { rejected } = parts.intake.stats();
      await nextMinute();
      assert.equal(parts.host!.sensors.find("temperature")!.settings.warning_high, 60);
      assert.equal(parts.host!.sensors.find("swap"), null);
      assert.equal(parts.intake.stats().rejected, rejected, "nothing of it is refused");
    });
    await t.step("a full disk raises the alarm of its sensor, and no second one", async () => {
      site.change = { disk: { ...DISK, freeBytes: 2e9 } };
      await nextMinute();
      const alarm = await until("the alarm", async () => {
        const { items } = await json("/api/alarms");
        return items.length > 0 ? items : null;
      });
      assert.deepEqual(alarm.map((one: { machine: string }) => one.machine), ["this host"]);
      assert.equal(alarm[0].severity, "critical");
      await until(
        "the machine",
        async () => (await json("/api/status")).machines.critical === 1 || null,
      );
    });
    await t.step("too little voltage is an event and an alarm, and both end", async () => {
      site.change = { power: hostPower({ underVoltage: true }, { underVoltage: true }) };
      const open = (found: boolean) =>
        until("the alarm of the supply", async () => {
          const { items } = await json("/api/alarms?state=active");
          return items.some(({ title }: { title: string }) => /power supply/.test(title)) === found
            ? true
            : null;
        });
      await open(true);
      site.change = { power: hostPower({ underVoltage: false }, { underVoltage: true }) };
      await open(false);
      const { items } = await parts.events.list({ types: ["host.power"] });
      assert.deepEqual(items.map(({ severity }) => severity), ["info", "warning"]);
    });
  } finally {
    await under.stop();
  }
});

/** Readings of what is written a day, a minute apart, up to now; the last of them is of the last day. */
async function fillWrites({ host, intake, clock }: Parts, megabytes: readonly number[]) {
  await host!.sensors.make(["card_writes"]);
  const sensor = host!.sensors.find("card_writes")!.name;
  const nowMs = clock.now();
  const drafts = megabytes.flatMap((value, day) =>
    Array.from({ length: 1440 }, (_, i) => ({
      sensor,
      tMs: nowMs - (megabytes.length - day) * DAY_MS + (i + 1) * MINUTE_MS - 1,
      value,
    }))
  );
  await intake.offerBatch({ source: "host", topic: "host", drafts, rejects: [] });
}

Deno.test("what is written a day is known after a restart, and an alarm says when it doubles", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-writes-" });
  const host = () => ({
    sample: () => Promise.resolve(hostSample({ atMs: Date.now() })),
    databaseWrites: () => Promise.resolve(null),
  });
  const start = (times: number) =>
    runApp({ PERCH_DATA: dataDir }, { host, clock: fastClock(times) });
  const alarmed = async (under: Awaited<ReturnType<typeof runApp>>) => {
    const { items } = await (await under.ask("/api/alarms?state=active")).json();
    return items.find(({ title }: { title: string }) => /were written to the disk/.test(title)) ??
      null;
  };
  try {
    const first = await start(1);
    // SABOTAGE=steady-writes: they do not double.
    await fillWrites(first.parts, [200, 210, 190, 200, sabotaged("steady-writes") ? 210 : 500]);
    await first.stop();
    const second = await start(60);
    try {
      const { writes, sentence } = await (await second.ask("/api/health")).json();
      const rounded = [writes.usual, writes.disk].map((value) => Math.round(value / 1e8));
      assert.deepEqual(rounded, [2, 5]);
      assert.match(
        sentence,
        /at least twice the usual.*; (4[5-9]\d|500)\sMB a day.* about [56] years/,
      );
      const alarm = await until("the alarm", () => alarmed(second));
      assert.equal(alarm.severity, "warning");
      assert.match(alarm.title, /(4[5-9]\d|500)\sMB were written .* the usual 200\sMB a day/);
    } finally {
      await second.stop();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("an ended program and a read-only disk are an event and an alarm each, once", async () => {
  const kills = (oomKills: number) => ({ memoryBytes: 1, memoryMostBytes: null, oomKills });
  const under = await runHost({ group: kills(3) });
  const { parts, site } = under;
  const titles = async () => {
    const { items } = await under.json("/api/alarms?state=active");
    return items.map(({ title }: { title: string }) => title).join(", ");
  };
  try {
    await until("a sample", () => parts.host!.recorder.latest());
    assert.equal(parts.host!.trouble().kills, 0, "what was before nobody looked is not reported");
    site.change = { group: kills(5), disk: { ...DISK, readOnly: true } };
    await until("the alarms", async () => {
      const open = await titles();
      return /memory was used up/.test(open) && /read-only/.test(open) ? open : null;
    });
    const { items } = await parts.events.list({ subject: "host" });
    assert.deepEqual(items.map(({ type }) => type).sort(), [
      "host.out_of_memory",
      "host.read_only",
    ]);
    site.change = { group: kills(5) };
    await until("the end of one", async () => !/read-only/.test(await titles()) || null);
  } finally {
    await under.stop();
  }
});
