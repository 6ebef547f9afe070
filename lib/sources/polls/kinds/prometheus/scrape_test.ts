import assert from "node:assert/strict";
import fc from "fast-check";
import { readChoices } from "./choice.ts";
import { readLine } from "./exposition.ts";
import { scrape, SERIES_MOST } from "./scrape.ts";

function chosen(text: string) {
  const read = readChoices(text);
  assert.ok(typeof read !== "string", String(read));
  return read;
}

const take = (text: string, choose: string, openMetrics = false) =>
  scrape(text, chosen(choose), { openMetrics, turn: () => Promise.resolve() });

Deno.test("prometheus: lines as exporters write them", () => {
  const cases: [string, [string, Record<string, string>, number, number?] | null | undefined][] = [
    ["# HELP x y", null],
    ["", null],
    ["node_load1 0.21", ["node_load1", {}, 0.21]],
    ['http_requests_total{method="post",code="200"} 1027 1395066363000', [
      "http_requests_total",
      { method: "post", code: "200" },
      1027,
      1395066363000,
    ]],
    ['x{path="C:\\\\DIR\\\\F.TXT",error="no \\"F\\"\\n"} 1.4e9', [
      "x",
      { path: "C:\\DIR\\F.TXT", error: 'no "F"\n' },
      1.4e9,
    ]],
    ['x { a = "b" , } 3', ["x", { a: "b" }, 3]],
    ["x{} -4", ["x", {}, -4]],
    ["x\t7\t", ["x", {}, 7]],
    ['{"metric.name", "a.b"="c"} 5', ["metric.name", { "a.b": "c" }, 5]],
    ['x 1 # {trace="a"} 0.5', ["x", {}, 1]],
    ['x{a="} 1"} 2', ["x", { a: "} 1" }, 2]],
    ["x", undefined],
    ["x abc", undefined],
    ['x{a="b" 1', undefined],
    ["x{a=b} 1", undefined],
    ["9x 1", undefined],
    ["x 1 2 3", undefined],
  ];
  for (const [line, expected] of cases) {
    const read = readLine(line, false);
    if (expected == null) assert.equal(read, expected, line);
    else {
      const [name, labels, value, tMs] = expected;
      assert.deepEqual(
        { ...read, labels: Object.fromEntries(read!.labels) },
        tMs === undefined ? { name, labels, value } : { name, labels, value, tMs },
        line,
      );
    }
  }
  assert.equal(readLine("x NaN", false)?.value, NaN);
  assert.equal(readLine("x +Inf -3982045", false)?.value, Infinity);
  assert.equal(readLine("x 1 1395066363.5", true)?.tMs, 1395066363500);
});

const NODE = `# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 100
node_cpu_seconds_total{cpu="0",mode="user"} 7
node_cpu_seconds_total{cpu="1",mode="idle"} 99
node_filesystem_avail_bytes{device="/dev/root",mountpoint="/"} 5e9
node_filesystem_avail_bytes{device="/dev/sda1",mountpoint="/data"} 7e9
node_hwmon_temp_celsius{chip="cpu_thermal",sensor="temp1"} 51.1
http_seconds_bucket{le="0.1"} 5
http_seconds_bucket{le="+Inf"} 9
http_seconds_sum 3.5
gap NaN
`;

Deno.test("prometheus: what is chosen, and what it is called", async () => {
  const cases: [string, [string, number, string?][], RegExp?][] = [
    ['node_cpu_seconds_total{mode="idle"}', [
      ["node_cpu_seconds_total cpu=0", 100, "s"],
      ["node_cpu_seconds_total cpu=1", 99, "s"],
    ]],
    ["node_filesystem_avail_bytes as free {mountpoint}", [["free _", 5e9, "B"], [
      "free _data",
      7e9,
      "B",
    ]]],
    ['node_filesystem_avail_bytes{mountpoint!="/",device="/dev/sd*"} as free', [[
      "free",
      7e9,
      "B",
    ]]],
    ["*_celsius", [["node_hwmon_temp_celsius chip=cpu_thermal sensor=temp1", 51.1, "°C"]]],
    ["http_*", [["http_seconds_sum", 3.5]]],
    ["gap", []],
    ["node_cpu_seconds_total as cpu", [["cpu", 100, "s"]], /several values are called "cpu"/],
  ];
  for (const [choose, expected, fault] of cases) {
    const { values, faults } = await take(NODE, choose);
    assert.deepEqual(
      values.map(({ sensor, value, unit }) => [sensor, value, ...unit === undefined ? [] : [unit]]),
      expected,
      choose,
    );
    if (fault === undefined) assert.deepEqual(faults, [], choose);
    else assert.match(faults.join(), fault);
  }
  const buckets = await take(NODE, "http_seconds_bucket");
  assert.deepEqual(buckets.values.map(({ value }) => value), [5, 9]);
});

Deno.test("prometheus: a choice that cannot be read is named with its line", () => {
  for (
    const [text, expected] of [
      ["", /name at least one/],
      ["a\nb{x=y}", /line 2: .*label="value"/],
      ["a b c", /line 1: "a b c"; write name/],
      ["a*b*c*d*e", /line 1: .*at most 3 asterisks/],
      ["a\n".repeat(101), /101 lines; at most 100/],
    ] as const
  ) assert.match(String(readChoices(text)), expected);
});

Deno.test("prometheus: many series and unreadable lines are bounded and counted", async () => {
  const many = Array.from({ length: SERIES_MOST + 20 }, (_, i) => `x{i="${i}"} ${i}`).join("\n");
  const { values, faults } = await take(`${many}\nx{ 1\nx{i="a"} ?\n`, "*");
  assert.equal(values.length, SERIES_MOST);
  assert.deepEqual(faults, ["2 lines cannot be read", "20 more are chosen; at most 500 are kept"]);
});

Deno.test("prometheus: nothing that stands in an answer or a choice throws", async () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.stringMatching(/^[a-z_]{1,4}\{[a-z="\\,{} ]{0,20}\}? [0-9eE+.NaInf-]{0,6}$/),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), line, async (lines, choice) => {
      const choices = readChoices(`*\n${choice}`);
      if (typeof choices === "string") return;
      const turn = () => Promise.resolve();
      const { values } = await scrape(lines.join("\n"), choices.slice(-1), {
        openMetrics: false,
        turn,
      });
      for (const { value } of values) assert.ok(Number.isFinite(value));
    }),
  );
});
