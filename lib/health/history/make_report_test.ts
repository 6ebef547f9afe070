import assert from "node:assert/strict";
import { hostSample } from "../../../tests/support/host.ts";
import type { HostSample } from "../host_sample.ts";
import { quantityText, writtenFacts } from "./facts.ts";
import { makeReport, presetLevel, type ReportFacts } from "./make_report.ts";
import { NO_RATES, NO_TREND } from "./writes.ts";

function report(change: Partial<HostSample>, facts: Partial<ReportFacts> = {}) {
  return makeReport({
    observed: {
      sample: hostSample(change),
      own: { loopLagMs: 1.2345678, databaseBytes: 4e6, walBytes: 0, pictureBytes: null },
      writes: NO_RATES,
    },
    trend: NO_TREND,
    perch: null,
    database: null,
    pictures: null,
    rating: { ratedTb: 10, amplification: 10 },
    trouble: { power: null, readOnly: false, kills: 0 },
    backupMs: null,
    levelOf: presetLevel,
    ...facts,
  });
}

const cpu = (used: number) => ({ cpu: { used, iowait: 0, steal: 0 } });

Deno.test("a host is not fine while a value is beyond a limit that it has to be beyond for a while", () => {
  const { status, sentence, problems } = report(cpu(0.98));
  assert.equal(sentence, "This Pi is busy: the processor is 98 % used");
  assert.equal(status, "busy");
  assert.deepEqual(problems, [{ severity: "info", text: "the processor is 98 % used" }]);
  assert.equal(report(cpu(0.5)).sentence, "This Pi is fine");
});

Deno.test("a host that is in need is said to be, first, and what it is in need of once", () => {
  const need = {
    causes: ["cpu"],
    text: "the processor is 98 % used",
    lasts: "for 2 min",
  } as const;
  const disk = { totalBytes: 64e9, freeBytes: 1e9, inodes: 4e6, inodesFree: 3e6, readOnly: false };
  const tight = report({ ...cpu(0.98), disk }, { need: { ...need, isCalm: false } });
  assert.equal(tight.status, "critical");
  assert.equal(
    tight.sentence,
    "This Pi is in need: the processor is 98 % used; Disk is at 98.4 %",
  );
  const calm = report(cpu(0.2), { need: { ...need, isCalm: true } });
  assert.equal(calm.status, "warning");
  assert.deepEqual(calm.problems, [{
    severity: "warning",
    text: `in need: ${need.text} (for 2 min)`,
  }]);
});

Deno.test("a value that is within its limits again is not named as what is wrong", () => {
  const levelOf: ReportFacts["levelOf"] = ({ name }) => ({
    level: name === "disk" ? "warning" : "normal",
    isBeyond: false,
  });
  assert.equal(
    report({}, { levelOf }).sentence,
    "This Pi needs attention: Disk was beyond its limit, now at 25.0 %",
  );
});

Deno.test("a report has the decimals and the unit that the page shows", () => {
  const memory = { ...hostSample().memory!, totalBytes: 3e9, availableBytes: 1e9 };
  const { perch, ...host } = report({
    memory,
    pressure: { cpu: 0.681234, io: 0.002, memory: 0 },
  });
  assert.equal(perch.event_loop_lag_ms, 1.2);
  assert.equal(perch.cpu_percent, 3);
  assert.equal(host.memory!.used_percent, 66.7);
  assert.deepEqual(host.pressure, { cpu_percent: 68.1, io_percent: 0.2, memory_percent: 0 });
});

Deno.test("what is written a day is not known before there is half an hour of it", () => {
  const facts = (...of: Parameters<typeof report>) =>
    Object.fromEntries(writtenFacts(report(...of)));
  const young = facts({});
  const NOT_YET = "not known yet";
  assert.deepEqual(
    [young["Everything"], young["Perch"], young["– its database"], young["Lasts"]],
    [`${NOT_YET}, needs 30 min`, `${NOT_YET}, needs 30 min`, NOT_YET, NOT_YET],
  );
  const day = { day: 1_171_515.8e6, usual: null, isWhole: false };
  const known = facts({}, { trend: day, perch: 92e6 });
  assert.equal(known["Everything"], "1\u202f172\u202fGB a day");
  assert.equal(known["Perch"], "92.0\u202fMB a day");
  assert.equal(known["– its database"], null);
  assert.equal(facts({ blocks: [], process: null })["Everything"], null);
});

Deno.test("quantityText names amounts of bytes in a unit that fits", () => {
  const text = (unit: string, value: number) => quantityText({ unit, decimals: 1 }, value);
  assert.equal(text("MB/d", 710_588.3), "711\u202fGB a day");
  assert.equal(text("MB", 94.26), "94.3\u202fMB");
  assert.equal(text("kB/s", 0.4567), "457\u202fB/s");
  assert.equal(text("%", 12.34), "12.3 %");
});
