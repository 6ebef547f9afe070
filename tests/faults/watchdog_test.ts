/**
 * T22: whatever in Perch hangs, it is ended and started again within `WatchdogSec` + 5 s, by a service manager that
 * knows nothing but signs of life; and none of them is sent unless a write reached the disk and the loop turned.
 * Every fault takes two starts of Perch and a deadline, so that one of them, up to the second start, stands for
 * all unless `WATCHDOG_FAULTS=all` (in `deno task soak`).
 *
 * Control: SABOTAGE=watchdog sends signs of life from a thread of its own.
 */
import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { fileURLToPath } from "node:url";
import { openServiceSocket } from "../../lib/base/service_socket.ts";
import { addKey, childArgs, perchCommand } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";
import { listenForDatagrams, manage } from "../support/service_manager.ts";
import { lockDatabase, sendReadings } from "../support/watchdog_faults.ts";

const CHILD = fileURLToPath(new URL("./watchdog_child.ts", import.meta.url));
const ALL = ["loop", "lock", "worker", "intake", "descriptors"] as const;
const large = Deno.env.get("WATCHDOG_FAULTS") === "all";
const WATCHDOG_S = 2;
const START_MS = 30_000;

function child(fault: string): string[] {
  const sabotage = sabotaged("watchdog") ? "pings" : "";
  return [Deno.execPath(), ...childArgs(CHILD, [fault, sabotage])];
}

for (const fault of large ? ALL : ["loop"] as const) {
  Deno.test(`a Perch with the fault "${fault}" is started again within WatchdogSec + 5 s`, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-watchdog-" });
    const key = await addKey({ dataDir, role: "admin" });
    await using perch = manage({
      dataDir,
      watchdogS: WATCHDOG_S,
      // The lock is another program's, so that Perch is the one that users run.
      binary: fault === "lock" && !sabotaged("watchdog") ? undefined : child(fault),
      before: fault === "descriptors" ? "ulimit -n 160" : undefined,
    });
    let end = () => {};
    try {
      const ready = await perch.until("ready", 0, START_MS);
      assert.equal(await probed(dataDir), true, "READY comes after a write");
      await perch.until("ping", ready.ms, WATCHDOG_S * 1000);
      const isBusy = fault === "lock" || fault === "intake";
      const stop = isBusy ? await sendReadings(perch, key) : () => {};
      const faultMs = performance.now();
      const unlock = fault === "lock"
        ? await lockDatabase(dataDir)
        : (Deno.kill(perch.pid(), "SIGUSR2"), () => {});
      end = () => (stop(), unlock());
      const missed = await perch.until("missed", faultMs, (WATCHDOG_S + 5) * 1000);
      const again = await perch.until("start", missed.ms, 2_000);
      const afterMs = Math.round(again.ms - faultMs);
      assert.ok(afterMs <= (WATCHDOG_S + 5) * 1000, `started again after ${afterMs} ms`);
      const pings = perch.seen.filter(({ what, ms }) => what === "ping" && ms > faultMs + 1_000);
      assert.ok(
        pings.every(({ ms }) => ms > again.ms),
        "no sign of life is sent while it hangs",
      );
      end();
      if (!large) return;
      const { ms } = await perch.until("ready", again.ms, START_MS);
      await perch.until("ping", ms, WATCHDOG_S * 1000);
      const others = ["lock", "descriptors"];
      if (!others.includes(fault)) assert.match(perch.output(), /Perch hung, was ended/);
    } finally {
      end();
      await perch[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

/** Whether the row of a first write is there. */
async function probed(dataDir: string): Promise<boolean> {
  const client = createClient({ url: `file:${dataDir}/perch.db` });
  const { rows } = await client.execute("select at_ms from storage_probe");
  client.close();
  return rows.length === 1;
}

const alone =
  "without a service manager a Perch that hangs ends itself where WATCHDOG_USEC asks for it";
Deno.test({ name: alone, ignore: !large }, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-watchdog-" });
  const [command, args] = perchCommand(child("loop"), ["serve"]);
  const process = new Deno.Command(command, {
    args,
    env: {
      PERCH_DATA: dataDir,
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      MQTT_PORT: "0",
      WATCHDOG_USEC: "1500000",
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const reading = (async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) output += text;
  })();
  const stdout = (async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
    }
  })();
  try {
    const startedMs = performance.now();
    while (!output.includes("is ready at")) {
      assert.ok(performance.now() - startedMs < START_MS, output);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 800));
    const faultMs = performance.now();
    process.kill("SIGUSR2");
    const late = setTimeout(() => process.kill("SIGKILL"), 6_500);
    const { code } = await process.status;
    clearTimeout(late);
    await Promise.all([reading, stdout]);
    assert.equal(code, 1, output);
    assert.match(output, /The event loop has not moved for \d+ s\. Perch ends/);
    assert.ok(performance.now() - faultMs < 6_500);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("openServiceSocket reaches a path and an abstract name, and says when nobody listens", async () => {
  const folder = await Deno.makeTempDir();
  for (const path of [`${folder}/socket`, `@perch-test-${crypto.randomUUID()}`]) {
    const listener = listenForDatagrams(path);
    const socket = openServiceSocket(path)!;
    assert.equal(socket.send("WATCHDOG=1", "STATUS=Fine."), true);
    assert.deepEqual(listener.take(), ["WATCHDOG=1\nSTATUS=Fine."]);
    listener.close();
    assert.equal(socket.send("WATCHDOG=1"), false);
  }
  assert.equal(openServiceSocket("relative"), null);
  assert.equal(openServiceSocket("/" + "x".repeat(200)), null);
  await Deno.remove(folder, { recursive: true });
});
