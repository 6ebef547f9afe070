import assert from "node:assert/strict";
import { openTestDatabase } from "../../../tests/support/database.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { createOutgoing } from "../../base/create_outgoing.ts";
import { silentLog } from "../../base/log.ts";
import type { EventDraft } from "../../events/event.ts";
import { cameraSettingsSchema } from "../camera.ts";
import { createLastResort } from "./last_resort_store.ts";
import { createPowerCycle } from "./power_cycle.ts";

/** Asks for the last means once. */
async function cycle(
  url: string,
  { opened = [] as string[], keeps = true } = {},
): Promise<{ said: Partial<EventDraft>[]; kept: number }> {
  const said: Partial<EventDraft>[] = [];
  let kept = 0;
  const power = createPowerCycle({
    camera: {
      ...{ id: "4fk2", name: "Door", kind: "rtsp", options: {}, machineId: null, allowed: null },
      enabled: true,
      settings: cameraSettingsSchema.parse({ power_cycle_url: url }),
    },
    clock: fakeClock(),
    log: silentLog(),
    outgoing: createOutgoing({ allowed: () => [], opened, ownPorts: () => [] }),
    switchOutput: () => Promise.reject(new Error("nothing is switched")),
    lastResort: {
      get: () => Promise.resolve(null),
      set: () => keeps ? Promise.resolve(void kept++) : Promise.reject(new Error("no room")),
    },
    say: (event, more) => void said.push({ ...event, ...more }),
  });
  await power.cycle(10, new AbortController().signal);
  return { said, kept };
}

Deno.test("power cycle: the call goes through the guard, and what fails is a request to somebody", async () => {
  const methods: string[] = [];
  await using socket = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    methods.push(request.method);
    return new Response();
  });
  const url = `http://127.0.0.1:${socket.addr.port}/off-and-on?key=hidden`;
  const done = await cycle(url, { opened: ["127.0.0.0/8"] });
  assert.deepEqual([methods, done.kept, done.said[0].type], [["POST"], 1, "camera.recovering"]);
  const refused = await cycle(url);
  assert.deepEqual([methods.length, refused.said[0].type], [1, "camera.reboot_wanted"]);
  assert.match(
    refused.said[0].text!,
    /failed \(127\.0\.0\.1 may not be connected to: .*\): switch it/,
  );
  assert.ok(!JSON.stringify([done, refused]).includes("hidden"));
});

Deno.test("power cycle: without an address somebody is asked, and what cannot be kept is not done", async () => {
  const { said } = await cycle("");
  assert.deepEqual(
    said.map(({ type, text, route }) => [type, text, route]),
    [[
      "camera.reboot_wanted",
      "the camera Door does not come back after 10 tries: switch it off and on",
      true,
    ]],
  );
  assert.deepEqual((await cycle("", { keeps: false })).said, []);
});

Deno.test("last resort: when it was is known after a restart", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-last-resort-" });
  const db = await openTestDatabase(folder);
  try {
    assert.equal(await createLastResort(db).get("4fk2"), null);
    for (const tMs of [1_000, 2_000]) await createLastResort(db).set("4fk2", tMs);
    assert.equal(await createLastResort(db).get("4fk2"), 2_000);
    assert.equal(await createLastResort(db).get("other"), null);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
