/**
 * The compiled binary of this host, with the permissions that it ships with, shows the camera of its simulated
 * plant: live, a picture, a fault that is seen, its end; and an ffmpeg that somebody stops or kills is replaced.
 * Nothing of it is left when Perch ends.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { binaries } from "../support/binaries.ts";
import { cameraAt } from "../support/binary_cameras.ts";
import { haveCommands } from "../support/commands.ts";
import { addKey, startPerch } from "../support/perch.ts";
import { until } from "../support/until.ts";

const { path, isThere } = binaries().find(({ runner }) => runner.length === 0)!;
const PRESS = "hall-1/press-3";
const PATIENCE_MS = 40_000;

Deno.test({
  name: "cameras: the compiled binary shows the plant's camera, sees its faults and gets it back",
  ignore: !isThere || !haveCommands({ ffmpeg: "ffmpeg" }),
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-cameras-" });
  const faults = join(dataDir, "faults.json");
  const black = { atS: 10, durationS: 10, machine: PRESS, kind: "camera-black" };
  await Deno.writeTextFile(faults, JSON.stringify([black]));
  const perch = await startPerch({
    dataDir,
    binary: [path],
    args: ["sim", "--scenario", "normal", "--history", "0", "--faults", faults],
    // With a library path of its own Deno would not let it start anything.
    env: { MQTT_PORT: "0", LD_LIBRARY_PATH: dataDir },
  });
  try {
    const key = await addKey({ dataDir, role: "admin", binary: [path] });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const running = { url: perch.url, headers, patienceMs: PATIENCE_MS };
    const [{ id, machine }] = await until("the plant's camera", async () => {
      const { items } = await (await fetch(`${perch.url}/api/cameras`, { headers })).json();
      return items.length > 0 ? items : null;
    });
    assert.equal(machine, PRESS);
    const camera = cameraAt(running, id);
    await camera.set({ black_after_s: 3 });
    await camera.is("live");
    assert.ok((await camera.snapshot()).length > 5_000);
    await camera.watch(5);
    await camera.is("black");
    await camera.is("live");

    const [reader] = readers(perch.pid);
    Deno.kill(reader, "SIGKILL");
    const killedMs = Date.now();
    await until("another ffmpeg", () => readers(perch.pid).some((pid) => pid !== reader) || null);
    await until("pictures of it", async () => {
      const { state, frame_ms } = await camera.status();
      return state === "live" && frame_ms > killedMs + 1_000 ? true : null;
    });
    assert.doesNotMatch(perch.output(), /allow-run|NotCapable/);
    const children = childrenOf(perch.pid);
    assert.ok(children.length >= 2, "the plant's painter and Perch's reader");
    assert.equal(await perch.stop(), 0);
    assert.deepEqual(children.filter(isRunning), []);
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});

function childrenOf(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" ").filter(Boolean).map(
      Number,
    )
  );
}

/** The children that read a camera; the plant's own paints a picture. */
function readers(pid: number): number[] {
  return childrenOf(pid).filter((child) =>
    Deno.readTextFileSync(`/proc/${child}/cmdline`).includes("pipe:0")
  );
}

function isRunning(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`) !== "";
  } catch {
    return false;
  }
}
