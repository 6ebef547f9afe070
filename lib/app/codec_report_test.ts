import assert from "node:assert/strict";
import type { CodecView } from "../sources/codecs/codec.ts";
import { codecFaults, codecPausables, codecStates } from "./codec_report.ts";

const NOW = 1_000_000;
const fault = { type: "runtime", message: "no x", line: 3, column: 7 } as const;

function look(change: Partial<CodecView>) {
  const view: CodecView = {
    ...{
      name: "pump",
      present: true,
      hash: "abc",
      loading: false,
      pause: null,
      broken: null,
      error: null,
      full: null,
    },
    ...{ messages: 9, errors: 2, decoded: 7, values: 7, waiting: 0, damaged: 0 },
    ...change,
  };
  const gate = {
    views: () => [view],
    pause: () => Promise.resolve(),
    resume: () => Promise.resolve(),
  };
  const seen = codecFaults(gate, () => NOW).look() as Awaited<
    ReturnType<ReturnType<typeof codecFaults>["look"]>
  >;
  return {
    faults: seen.map(({ cause, severity, line }) => `${cause} ${severity} ${line ?? ""}`.trim()),
    state: codecStates(gate)[0],
    paused: codecPausables(gate).map((one) => one.paused()),
  };
}

Deno.test("codec report says what is wrong with a codec, and how bad that is", () => {
  const well = look({});
  assert.deepEqual([well.faults, well.state.health, well.paused], [[], "ok", [null]]);
  const pause = { sinceMs: 5, by: "5 messages in a row failed", hash: "h", fault };
  const cases: [Partial<CodecView>, string[]][] = [
    [{ error: { fault, tMs: NOW - 1_000 } }, ["codec:pump:runtime_error medium 3"]],
    [{ error: { fault, tMs: NOW - 600_000 } }, []],
    [{ pause }, ["codec:pump:runtime_error high 3"]],
    [{ pause: { ...pause, fault: null, hash: null } }, []],
    [{ pause, broken: { ...fault, type: "syntax" } }, ["codec:pump:syntax_error high 3"]],
    [{ pause, full: "it is full", waiting: 4 }, [
      "codec:pump:runtime_error high 3",
      "codec:pump:spool_full critical",
    ]],
    [{ damaged: 3 }, ["codec:pump:spool_damaged medium"]],
    [{ present: false, waiting: 3 }, ["codec:pump:missing medium"]],
  ];
  for (const [change, faults] of cases) assert.deepEqual(look(change).faults, faults);
  assert.match(look({}).state.detail, /^9 messages/);
  assert.match(look({ loading: true }).state.detail, /being loaded/);
  const paused = look({ pause, waiting: 12 });
  assert.deepEqual(paused.paused, [{ sinceMs: 5, by: pause.by, waiting: 12 }]);
  assert.equal(paused.state.health, "degraded");
  assert.match(paused.state.detail, /5 messages in a row failed\. 12 messages wait on disk\./);
  assert.deepEqual(look({ present: false, waiting: 3 }).paused, [], "there is nothing to pause");
});
