/** What `perch check` makes of what the running Perch, the host and systemd say. */
import assert from "node:assert/strict";
import type { UnitState } from "../../health/system/system_manager.ts";
import type { UnitList } from "../../health/system/unit_list.ts";
import { cameraStatus, healthText, idleHealth } from "../../cameras/camera_view.ts";
import type { CameraState } from "../../words/cameras.ts";
import { judgeFfmpeg } from "../../cameras/ffmpeg/find.ts";
import type { Condition } from "../condition.ts";
import { judgeCameras } from "./cameras.ts";
import { judgeWrites } from "./card.ts";
import type { Finding } from "./check.ts";
import { judgeLimits } from "./limits.ts";
import { partsCheck } from "./parts.ts";
import { judgeProcessor } from "./processor.ts";
import { unitsCheck } from "./units.ts";

type Found = Omit<Finding, "name">;

/** The states; each that is not well says what to do. */
function statesOf(found: readonly Found[]): Found["state"][] {
  for (const { state, detail, advice } of found) {
    if (state === "warn" || state === "problem") assert.ok((advice ?? "").length > 20, detail);
    assert.doesNotMatch(detail, /\.$|NaN|undefined/);
  }
  return found.map(({ state }) => state);
}

Deno.test("partsCheck names emergency mode, parts and programs that are not well, and is not fine where it knows nothing", async () => {
  const well: Condition = {
    ...{ overall: "Healthy", well: 7, ailing: [], emergency: null, broker: null },
  };
  const found = (condition: Condition | null) => partsCheck({ condition }).run();
  assert.deepEqual(statesOf(await found(well)), ["ok"]);
  assert.deepEqual(statesOf(await found(null)), ["warn"]);
  assert.deepEqual(statesOf(await partsCheck(null).run()), ["unknown"]);
  const ailing: Condition["ailing"] = [
    { name: "mqtt", health: "error", detail: "No route.", reported: false },
    { name: "scanner", health: "error", detail: "Silent.", reported: true },
    { name: "sync", health: "degraded", detail: "Late.", reported: true },
    { name: "units", health: "error", detail: "x failed.", reported: false },
  ];
  const bad = await found({ ...well, overall: "Partial", ailing, emergency: "The disk is full." });
  assert.deepEqual(statesOf(bad), ["problem", "problem", "problem", "warn"]);
  assert.deepEqual(bad.map(({ detail }) => detail), [
    "emergency mode: The disk is full",
    "part mqtt does not work: No route",
    "program scanner does not work: Silent",
    "program sync is degraded: Late",
  ]);
});

Deno.test("judgeLimits: what is beyond its limits, with what to do about each", () => {
  assert.deepEqual(statesOf(judgeLimits({ status: "fine", problems: [] })), ["ok"]);
  assert.deepEqual(statesOf(judgeLimits({ status: "unknown", problems: [] })), ["unknown"]);
  const found = judgeLimits({
    status: "critical",
    problems: [
      { severity: "critical", text: "Disk is at 97 %" },
      { severity: "warning", text: "CPU is at 90 %" },
      { severity: "warning", text: "Fan is at 90 rpm" },
      { severity: "info", text: "the memory is 97 % used" },
    ],
  });
  assert.deepEqual(statesOf(found), ["problem", "warn", "warn", "ok"]);
  assert.match(found[0].advice!, /Free some space/);
  for (
    const [text, advice] of [
      ["in need: the disk is 98 % used", /Free some space/],
      ["the processor is at 85 °C", /Give it air/],
      ["the memory is 97 % used", /End what/],
      ["the disk is mounted read-only, as a failing card is", /fsck/],
      ["the disk is given at least twice the usual (1 GB a day)", /iotop/],
    ] as const
  ) {
    const problems = [{ severity: "critical" as const, text }];
    assert.match(judgeLimits({ status: "critical", problems })[0].advice!, advice, text);
  }
  assert.equal(new Set(found.map(({ advice }) => advice)).size, 4);
});

Deno.test("judgeWrites: a day's writes against the life of the card", () => {
  const writes = {
    ...{
      disk: 214e6,
      usual: null,
      perch: 5e6,
      database: 1e6,
      pictures: null,
      rated_tb: 10,
      amplification: 3,
    },
    years: 9,
  };
  const good = judgeWrites(writes);
  assert.deepEqual(statesOf([good]), ["ok"]);
  assert.match(good.detail, /^214.MB a day .*5.0.MB of it by Perch.*10.TB lasts about 9 years$/);
  assert.deepEqual(statesOf([judgeWrites({ ...writes, disk: 2e9, years: 1 })]), ["warn"]);
  assert.deepEqual(statesOf([judgeWrites({ ...writes, disk: null, years: null })]), ["unknown"]);
});

Deno.test("judgeProcessor: a busy processor is a warning, one that is not measured is not fine", () => {
  const used = (used: number | null) =>
    judgeProcessor({
      cpu: used === null ? null : { used_percent: used, iowait_percent: 0, steal_percent: 0 },
      ...{ cores: 4, load: [3, 2, 1] },
      perch: { cpu_percent: 3 } as Parameters<typeof judgeProcessor>[0]["perch"],
    });
  assert.deepEqual(statesOf([used(20), used(90), used(null)]), ["ok", "warn", "unknown"]);
  assert.match(used(20).detail, /^20 % of 4 cores .*Perch takes 3 % of one$/);
});

Deno.test("unitsCheck: watched units that failed, a list that does not count, a systemd that cannot be asked", async () => {
  const unit = (name: string, change: Partial<UnitState> = {}): UnitState => ({
    ...{ name, description: "", load: "loaded", active: "active", sub: "running" },
    ...change,
  });
  const run = async (list: UnitList, states: UnitState[] | Error) =>
    await unitsCheck({
      list: () => Promise.resolve(list),
      states: () => states instanceof Error ? Promise.reject(states) : Promise.resolve(states),
    }).run();
  const list = (units: string[], trouble: string | null = null) => ({ units, trouble });
  assert.deepEqual(statesOf(await run(list([]), [])), ["ok"]);
  assert.deepEqual(statesOf(await run(list(["a.service"]), [unit("a.service")])), ["ok"]);
  const failed = await run(list(["a.service", "b.service", "c.service"]), [
    unit("a.service", { active: "failed", sub: "failed" }),
    unit("b.service", { load: "not-found", active: "inactive" }),
    unit("c.service", { active: "activating", sub: "auto-restart" }),
  ]);
  assert.deepEqual(statesOf(failed), ["problem", "warn", "problem"]);
  assert.match(failed[0].advice!, /^journalctl -u a\.service -e/);
  const torn = await run(list(["a.service"], "line 2: no unit"), new Error("no systemd here"));
  assert.deepEqual(statesOf(torn), ["problem", "unknown"]);
  assert.match(torn[1].detail, /no systemd here/);
});

Deno.test("judgeCameras: ffmpeg is a problem where a camera needs it, and a camera where it gives no good pictures", () => {
  const missing = judgeFfmpeg(null);
  const there = judgeFfmpeg("ffmpeg version 5.1.9-0+deb12u1");
  const camera = (state: CameraState) => {
    const health = idleHealth(state, 0, state === "lost" ? "nobody answers at its address" : null);
    const view = { id: "c", name: "Gate", health, text: healthText("Gate", health), frameMs: null };
    return cameraStatus(view as Parameters<typeof cameraStatus>[0]);
  };
  const all = (["live", "off", "lost", "frozen", "starting"] as const).map(camera);
  assert.deepEqual(statesOf(judgeCameras(missing, [], true)), ["ok"]);
  assert.deepEqual(statesOf(judgeCameras(missing, [camera("off")], true)), ["problem", "ok"]);
  const found = judgeCameras(there, all, true);
  assert.deepEqual(statesOf(found), ["ok", "ok", "ok", "problem", "problem", "ok"]);
  assert.equal(found[3].detail, "Gate gives no pictures. Nobody answers at its address");
  assert.deepEqual(statesOf(judgeCameras(there, [camera("live")], false)), ["ok", "unknown"]);
});
