import assert from "node:assert/strict";
import { UNIT as NAME, unitText } from "../install/unit.ts";
import { judgeUnit, serviceCheck } from "./service.ts";

const UNIT = "[Service]\nType=notify\nRestart=always\nWatchdogSec=60\n";

Deno.test("serviceCheck says what starts, restarts and watches Perch, from files alone", async () => {
  const root = await Deno.makeTempDir();
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, text);
  };
  const found = async () =>
    (await serviceCheck(root).run()).map(({ state, detail }) => `${state}: ${detail}`);
  try {
    assert.match((await found())[0], /^unknown: this host has no systemd/);
    await Deno.mkdir(`${root}/run/systemd/system`, { recursive: true });
    assert.match((await found())[0], /^warn: there is no perch.service/);

    const unit = "etc/systemd/system/perch.service";
    await write(unit, "[Service]\nRestart=no\n");
    assert.deepEqual((await found()).map((one) => one.slice(0, 5)), ["warn:", "warn:", "warn:"]);

    await write(unit, UNIT);
    await write("etc/systemd/system/multi-user.target.wants/perch.service", "");
    assert.deepEqual(await found(), [
      "ok: /etc/systemd/system/perch.service is enabled",
      "ok: systemd restarts a Perch that hangs for 60",
    ]);
    // What stands later counts.
    await write("etc/systemd/system/perch.service.d/own.conf", "[Service]\nWatchdogSec=0\n");
    assert.match((await found())[1], /^warn: systemd does not watch Perch/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("judgeUnit has nothing against the unit that perch install writes", () => {
  const found = judgeUnit(`/etc/systemd/system/${NAME}`, unitText, true);
  assert.deepEqual(found.map(({ state }) => state), ["ok", "ok"]);
});
