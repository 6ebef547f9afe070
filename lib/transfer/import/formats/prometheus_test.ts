import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import { openmetrics } from "./openmetrics.ts";
import { prometheusMatrix } from "./prometheus_matrix.ts";
import { victoriaCsv } from "./victoria_csv.ts";
import { victoriaJson } from "./victoria_json.ts";

const LINES =
  `{"metric":{"__name__":"room_temperature_celsius","job":"hall","instance":"192.0.2.9:9100","zone":"a"},"values":[20.1,20.3,null,"Infinity"],"timestamps":[1769904000000,1769904015000,1769904030000,1769904045000]}
{"metric":{"__name__":"pump_starts_total","zone":"a"},"values":[3,3,0,1],"timestamps":[1769904000000,1769904015000,1769904030000,1769904045000]}
`;
const utc = (s: number) => new Date(s * 1000).toISOString().replace(".000Z", "Z");

Deno.test("VictoriaMetrics' JSON lines: null is a gap, infinity no reading, counters stay", async () => {
  const file = await readText(victoriaJson, LINES);
  const room = 'room_temperature_celsius{instance="192.0.2.9:9100",job="hall",zone="a"}';
  assert.deepEqual(file.readings, [
    `${room} @ 2026-02-01T00:00:00Z = 20.1 °C`,
    `${room} @ 2026-02-01T00:00:15Z = 20.3 °C`,
    ...[3, 3, 0, 1].map((n, i) =>
      `pump_starts_total{zone="a"} @ ${utc(1769904000 + 15 * i)} = ${n}`
    ),
  ]);
  assert.deepEqual([file.read, file.empty], [2, 1]);
  assert.deepEqual(file.rejected, ["1: the value is infinite, which is no reading"]);
  assert.equal(file.suggested[room], "hall/192.0.2.9:9100/a/room_temperature_celsius");
});

Deno.test("a series in several lines, and lines that are none", async () => {
  const line = (values: unknown, timestamps: unknown, metric: unknown = { __name__: "up" }) =>
    JSON.stringify({ metric, values, timestamps });
  const file = await readText(
    victoriaJson,
    [
      line([1], [1769904000000]),
      line([0], [1769904015000]),
      line([1, 2], [1769904000000]),
      line([1], [1769904000]),
      line([1], [null]),
      line(["warm"], [1769904000000]),
      "[1,2]",
      '{"metric":{',
    ].join("\n"),
  );
  assert.deepEqual(file.readings, [
    "up @ 2026-02-01T00:00:00Z = 1",
    "up @ 2026-02-01T00:00:15Z = 0",
  ]);
  assert.deepEqual(file.rejected.map((one) => one.slice(0, 36)), [
    '3: "values" and "timestamps" are not',
    "4: the time is in the year 1970; tim",
    "5: there is no time",
    '6: "warm" is no number',
    '7: the line has no "metric" with lab',
    '8: the line is no JSON: "{"metric":{',
  ]);
});

Deno.test("a line of more than 16 MB is left out with what to do about it", async () => {
  const long = `{"metric":{"__name__":"up"},"values":[${"1,".repeat(9e6)}1]}\n`;
  const file = await readText(victoriaJson, long + LINES);
  assert.equal(file.readings.length, 6);
  assert.match(
    file.rejected[0],
    /^1: the line has more than 16 MB; export it again with max_rows_per_line/,
  );
});

Deno.test("VictoriaMetrics' CSV asks which columns were asked for", async () => {
  const content = "room_temperature_celsius,a,20.1,1769904000\n";
  const { questions } = await withFile(content, (source) => victoriaCsv.inspect(source, {}));
  assert.equal(questions[0].field, "csvFormat");
  assert.match(questions[0].message, /as __name__,label2,__value__,__timestamp__:unix_s\.$/);
  const csvFormat = "__name__,zone,__value__,__timestamp__:unix_s";
  const file = await readText(victoriaCsv, `${content}up,,NaN,1769904000\nup,1\nup,,1,1\n`, {
    csvFormat,
  });
  assert.deepEqual(file.readings, [
    'room_temperature_celsius{zone="a"} @ 2026-02-01T00:00:00Z = 20.1 °C',
  ]);
  assert.deepEqual([file.empty, file.rejected.length], [1, 2]);
  const text = { csvFormat: "__timestamp__:rfc3339,__value__,__name__" };
  const times = await readText(victoriaCsv, "2026-02-01T00:00:00Z,5,up\n", text);
  assert.deepEqual(times.readings, ["up @ 2026-02-01T00:00:00Z = 5"]);
  for (const wrong of ["__name__,__value__", "__value__,__timestamp__:custom:2006"]) {
    await assert.rejects(
      readText(victoriaCsv, content, { csvFormat: wrong }),
      /the format ".*(lacks|has times)/,
    );
  }
});

Deno.test("the answer to a query: seconds, values as text", async () => {
  const file = await readText(
    prometheusMatrix,
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1769904000.123,"1"]]}]}}',
  );
  assert.deepEqual(file.readings, ["up @ 2026-02-01T00:00:00.123Z = 1"]);
  const more = await readText(
    prometheusMatrix,
    '{"status":"success","data":{"resultType":"matrix","result":[' +
      '{"metric":{"zone":"b"},"values":[[1769904000,"NaN"],[1769904001,"+Inf"],[1769904002,"2.5"],[17]]},' +
      '{"values":[[1769904000,"1"]],"metric":{}}]}}',
  );
  assert.deepEqual(more.readings, ['value{zone="b"} @ 2026-02-01T00:00:02Z = 2.5']);
  assert.deepEqual([more.empty, more.rejected.map((one) => one.slice(0, 22))], [1, [
    "2: the value is infini",
    "4: the element is no p",
    "5: no metric with labe",
  ]]);
  await assert.rejects(
    readText(prometheusMatrix, '{"status":"error","errorType":"bad_data","error":"parse error"}'),
    /the query failed: "parse error"/,
  );
});

Deno.test("OpenMetrics has seconds and an end; the text format of Prometheus milliseconds and none", async () => {
  const sample = 'room_temperature_celsius{zone="a"} 20.1 1769904000.000\n';
  const expected = ['room_temperature_celsius{zone="a"} @ 2026-02-01T00:00:00Z = 20.1 °C'];
  const texts = [
    `# HELP room_temperature_celsius In the hall.\n# TYPE room_temperature_celsius gauge\n${sample}# EOF\n`,
    sample.replace(".000", "000"),
    // It breaks off before its end.
    sample,
    sample.replace('{zone="a"}', '{ zone = "a", }').replace("\n", ' # {trace_id="x"} 0.67\n') +
    "# EOF",
    `{"room_temperature_celsius",zone="a"} 20.1 1769904000\n# EOF`,
  ];
  for (const content of texts) {
    assert.deepEqual((await readText(openmetrics, content)).readings, expected, content);
    assert.deepEqual((await readText(openmetrics, gzipSync(content))).readings, expected, content);
  }
});

Deno.test("samples that are none are named", async () => {
  const file = await readText(
    openmetrics,
    'up 1\nup{a="b} 1 1769904000\nup warm 1769904000\nup NaN 1769904000\nup 1 1769904000000\n' +
      'up{text="a \\"b\\"\\n}, c"} 1 1769904000\n# EOF\n',
  );
  assert.deepEqual(file.readings, ['up{text="a \\"b\\"\\n}, c"} @ 2026-02-01T00:00:00Z = 1']);
  assert.equal(file.empty, 1);
  assert.deepEqual(file.rejected.map((one) => one.slice(0, 24)), [
    "1: the sample has no tim",
    '2: "up{a="b} 1 176990400',
    '3: "warm" is no number',
    '5: the time "17699040000',
  ]);
});
