import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { HOUR_MS } from "../../words/times.ts";
import { createReboots, waitMs } from "./reboots.ts";

async function withReboots(
  use: (
    make: (refuse?: Error) => ReturnType<typeof createReboots>,
    seen: { done: string[]; path: string; clock: ReturnType<typeof fakeClock> },
  ) => Promise<void>,
) {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-reboots-" });
  const clock = fakeClock();
  const done: string[] = [];
  const path = `${dataDir}/last-reboot.json`;
  const make = (refuse?: Error) =>
    createReboots({
      dataDir,
      clock,
      manager: {
        reboot() {
          if (refuse) return Promise.reject(refuse);
          // What a power cut in this moment would leave.
          done.push(`reboot with ${Deno.readTextFileSync(path)}`);
          return Promise.resolve();
        },
      },
    });
  await use(make, { done, path, clock });
  await Deno.chmod(dataDir, 0o700);
  await Deno.remove(dataDir, { recursive: true });
}

const asked = (apartMs = HOUR_MS) => ({
  by: "Ada",
  why: "Ada asked for it",
  apartMs,
  announce: () => Promise.resolve(),
});

// SABOTAGE=reboot_loop: what was written down is lost with the reboot.
Deno.test("reboots: written down before, and at most one per interval over the reboots themselves", async () => {
  await withReboots(async (make, { done, path, clock }) => {
    const first = make();
    const order: string[] = [];
    await first.ask({
      ...asked(),
      announce: () => Promise.resolve(void order.push(`announced with ${done.length}`)),
    });
    assert.deepEqual(order, ["announced with 0"]);
    assert.match(done[0], /"at_ms":1767225600000.*"by":"Ada"/);
    if (sabotaged("reboot_loop")) await Deno.remove(path);
    // Perch starts anew.
    await clock.advance(HOUR_MS / 2);
    const second = make();
    await assert.rejects(
      () => second.ask(asked()),
      /a short time ago \(Ada asked for it\).*30 min/,
    );
    await clock.advance(HOUR_MS / 2);
    await second.ask(asked());
    assert.equal(done.length, 2);
  });
});

Deno.test("reboots: one that the host refuses did not happen; without a record there is none", async () => {
  await withReboots(async (make, { done, path }) => {
    await assert.rejects(() => make(new Error("refused")).ask(asked()), /refused/);
    assert.equal(await make().last(), null);
    await make().ask(asked());
    const before = await make().last();
    await assert.rejects(() => make(new Error("refused")).ask(asked(0)), /refused/);
    assert.deepEqual(await make().last(), before);

    await Deno.writeTextFile(path, "{");
    await assert.rejects(() => make().ask(asked(0)), /does not say when this host was rebooted/);
    assert.equal(done.length, 1, "what cannot be read is no permission");
  });
});

Deno.test("waitMs: a clock that was wrong neither blocks for ever nor lets one through at once", () => {
  const at = (last: number | null, nowMs: number, upMs: number) =>
    waitMs(last === null ? null : { at_ms: last }, { nowMs, upMs, apartMs: 100 });
  assert.equal(at(null, 0, 0), 0);
  assert.equal(at(1000, 1040, 5), 60);
  assert.equal(at(1000, 1100, 5), 0);
  assert.equal(at(9_000_000, 1000, 30), 70, "the record is of the future");
  assert.equal(at(9_000_000, 1000, 100), 0);
});
