import assert from "node:assert/strict";
import { silentLog } from "../../base/log.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import type { Facts, Limits } from "./decide.ts";
import { createEmergency, type Emergency } from "./emergency.ts";
import { createShedding, SHED_ORDER, type Shedding, type ShedName } from "./shedding.ts";

const LIMITS: Limits = {
  disk: { enter: 95, leave: 93, lastingMs: 0, allMs: 0 },
  memory: { enter: 95, leave: 90, lastingMs: 2_000, allMs: 2_000 },
  temperature: { enter: 80, leave: 75, lastingMs: 2_000, allMs: 3_500 },
  cpu: { enter: 95, leave: 85, lastingMs: 2_500, allMs: 3_500 },
};
const ORDER = Object.keys(SHED_ORDER) as ShedName[];

interface Host {
  emergency: Emergency;
  shedding: Shedding;
  /** Texts of events, oldest first. */
  events: string[];
  advance(seconds: number): Promise<void>;
}

/** A host of which the processor is taken as `load` says (0…1 by the second), and measured as the kernel counts. */
async function onHost(
  load: (second: number) => number,
  work: (host: Host) => Promise<void>,
): Promise<void> {
  const clock = fakeClock();
  const shedding = createShedding();
  for (const name of ORDER) shedding.register({ name });
  const events: string[] = [];
  let lookedMs = 0;
  const sense = (): Promise<Facts> => {
    const toMs = clock.monotonic();
    let used = 0;
    for (let ms = lookedMs; ms < toMs; ms += 100) used += load(ms / 1000) * 100;
    const cpu = toMs === lookedMs ? null : used / (toMs - lookedMs) * 100;
    lookedMs = toMs;
    return Promise.resolve({ cpu, memory: 40, disk: 50, temperature: 50 });
  };
  const emergency = createEmergency({
    clock,
    log: silentLog(),
    sense,
    limits: () => LIMITS,
    isOn: () => true,
    shedding,
    cleaners: [],
    append: ({ text }) => Promise.resolve(void events.push(text)),
  });
  const end = new AbortController();
  const running = emergency.task.run(end.signal).catch(() => {});
  const advance = async (seconds: number) => {
    for (let s = 0; s < seconds; s++) await clock.advance(1000);
  };
  try {
    await work({ emergency, shedding, events, advance });
  } finally {
    end.abort(new Error("the test is over"));
    await running;
  }
}

/** A processor that is taken from `from` on for `seconds`. */
const burst = (from: number, seconds: number) => (second: number) =>
  second >= from && second < from + seconds ? 1 : 0.25;
const PHASES = [20, 20.3, 20.7, 21, 21.5, 21.9];

Deno.test("a burst of the processor of five seconds refuses no upload and no backup", async () => {
  for (const from of PHASES) {
    await onHost(burst(from, 5), async ({ shedding, advance }) => {
      await advance(60);
      for (const name of ["photos", "attachments", "backups"] as const) {
        assert.equal(shedding.refusal(name), null, `${name}, from ${from} s on`);
      }
    });
  }
});

Deno.test("a processor that stays busy stops all that can wait within ten seconds, in order", async () => {
  for (const from of PHASES) {
    await onHost(burst(from, 600), async ({ shedding, events, advance }) => {
      await advance(Math.floor(from) + 10);
      assert.deepEqual(shedding.waiting(), ORDER.map((name) => SHED_ORDER[name]), `${from} s`);
      const steps = ORDER.map((name) => `Stopped for now: ${SHED_ORDER[name]}`);
      assert.deepEqual(events, ["The host is in need: the processor is 100 % used", ...steps]);
    });
  }
});

Deno.test("the sentence of an emergency says what was, what is, and when it ends", () =>
  onHost(burst(20, 5), async ({ emergency, advance }) => {
    assert.equal(emergency.need(), null);
    await advance(25);
    assert.match(emergency.sentence()!, /^The host is in need \(the processor is 100 % used; /);
    assert.equal(emergency.need()!.isCalm, false);
    await advance(180);
    assert.match(
      emergency.sentence()!,
      /^The host is in need \(the processor was 100 % used, now 25 %; for 3 min, ends in 7 min if it stays calm\)\. .*; AI analyses, camera pictures, reports, exports, imports, backtests, training of models wait\.$/,
    );
    const { causes, isCalm } = emergency.need()!;
    assert.deepEqual([causes, isCalm], [["cpu"], true]);
    await advance(430);
    assert.equal(emergency.sentence(), null);
  }));
