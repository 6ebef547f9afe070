import assert from "node:assert/strict";
import { haveMosquitto } from "../support/mosquitto.ts";
import { sabotaged } from "../support/sabotage.ts";
import { killUnderLoad } from "./kill.ts";

/** `KILLS_N` sets how many (10; the soak 1 000). */
const CYCLES = Number(Deno.env.get("KILLS_N") ?? 10);
const READY_MS = 3_000;
/** On a host that is busy with something else: so many starts that do nothing. */
const READY_STARTS = 10;

// T1. Its control: SABOTAGE=kill lets every start lose its broker session, and the test must be red.
Deno.test({
  name:
    `kill -9, ${CYCLES} times under QoS 1 from 20 devices, loses and repeats nothing acknowledged`,
  ignore: !haveMosquitto(),
}, async () => {
  const report = await killUnderLoad({ cycles: CYCLES, sabotage: sabotaged("kill") });
  console.log(
    `  ${report.acknowledged} acknowledged, ${report.lost} lost, ${report.duplicate} twice; ` +
      `slowest start ${Math.round(report.slowestReadyMs)} ms, ` +
      `of one that does nothing ${Math.round(report.slowestBareMs)} ms; ` +
      `0 of ${CYCLES} means below ${3 / CYCLES} at 95 %`,
  );
  assert.deepEqual(report.examples, []);
  assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
  assert.deepEqual(report.damage, []);
  assert.ok(report.acknowledged > 1_000, "the load ran");
  const mostMs = Math.max(READY_MS, READY_STARTS * report.slowestBareMs);
  assert.ok(report.slowestReadyMs <= mostMs, `a start took ${report.slowestReadyMs} ms`);
});

// Readings with neither time nor seq: session, packet id and content tell that a delivery is the same one.
Deno.test({
  name: `kill -9, ${Math.ceil(CYCLES / 3)} times, repeats no plain number that came again`,
  ignore: !haveMosquitto(),
}, async () => {
  const report = await killUnderLoad({
    cycles: Math.ceil(CYCLES / 3),
    payload: "plain",
    sabotage: sabotaged("kill"),
  });
  console.log(
    `  ${report.acknowledged} acknowledged, ${report.lost} lost, ${report.duplicate} twice`,
  );
  assert.deepEqual(report.examples, []);
  assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
  assert.deepEqual(report.damage, []);
});
