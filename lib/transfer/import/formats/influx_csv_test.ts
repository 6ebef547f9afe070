import assert from "node:assert/strict";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import { influxCsv } from "./influx_csv.ts";
import { influxQueryCsv } from "./influx_query_csv.ts";

const SAMPLE = `#group,false,false,true,true,false,false,true,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string
#default,_result,,,,,,,,
,result,table,_start,_stop,_time,_value,_field,_measurement,machine
,,0,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,2026-02-01T00:00:00.123456789Z,41.5,temperature,press,p1
,,0,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,2026-02-01T00:00:10Z,,temperature,press,p1

#group,false,false,true,true,false,false,true,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,boolean,string,string,string
#default,_result,,,,,,,,
,result,table,_start,_stop,_time,_value,_field,_measurement,machine
,,1,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,2026-02-01T00:00:00Z,true,running,press,p1
`;
const READ = [
  "press,machine=p1 temperature @ 2026-02-01T00:00:00.123Z = 41.5 °C",
  "press,machine=p1 running @ 2026-02-01T00:00:00Z = 1",
];
const table = (datatype: string, value: string, rest = "") =>
  `#datatype,string,long,dateTime:RFC3339,${datatype},string,string
,result,table,_time,_value,_field,_measurement
,_result,0,2026-02-01T00:00:00Z,${value},f,m
${rest}`;
const valueOf = async (datatype: string, value: string) => {
  const { readings, rejected, empty } = await readText(influxCsv, table(datatype, value));
  return readings[0]?.split(" = ")[1] ?? rejected[0] ?? `empty ${empty}`;
};

Deno.test("annotated CSV: several tables with their own types, gaps, nanoseconds", async () => {
  for (const content of [SAMPLE, SAMPLE.replaceAll("\n", "\r\n")]) {
    const file = await readText(influxCsv, content);
    assert.deepEqual(file.readings, READ);
    assert.deepEqual([file.read, file.empty, file.rejected], [3, 1, []]);
    assert.equal(file.suggested["press,machine=p1 temperature"], "press/p1/temperature");
  }
});

Deno.test("annotations come in any order, and a table may repeat its header alone", async () => {
  const [group, datatype, defaults, ...rest] = SAMPLE.split("\n");
  for (const head of [[defaults, datatype, group], [datatype, group, defaults], [datatype]]) {
    assert.deepEqual((await readText(influxCsv, [...head, ...rest].join("\n"))).readings, READ);
  }
  const header = ",result,table,_time,_value,_field,_measurement\n";
  const row = ",_result,0,2026-02-01T00:00:01Z,5,f,m\n";
  for (const between of ["\n", ""]) {
    const file = await readText(influxCsv, table("string", "4", between + header + row));
    // Still a text: the types go on.
    assert.deepEqual(file.readings.map((one) => one.split(" = ")[1]), ['"4"', '"5"'], between);
  }
});

Deno.test("every type of a value", async () => {
  const cases: [string, string, string | RegExp][] = [
    ["double", "1e-3", "0.001"],
    ["long", "-7", "-7"],
    ["unsignedLong", "18446744073709551615", "18446744073709552000"],
    ["double", "NaN", "empty 1"],
    ["double", "+Inf", /3: the value is infinite/],
    ["double", "warm", /3: "warm" is no number/],
    ["boolean", "false", "0"],
    ["boolean", "yes", /neither true nor false/],
    ["string", '"a ""b"", c\nd"', '"a \\"b\\", c\\nd"'],
    ["duration", "1h30m", "5400 s"],
    ["duration", "2mo", /no duration/],
    ["base64Binary", "AAEC", /binary data is no reading/],
    ["dateTime:RFC3339Nano", "2026-02-01T00:00:00Z", '"2026-02-01T00:00:00Z"'],
  ];
  for (const [datatype, value, expected] of cases) {
    const read = await valueOf(datatype, value);
    if (expected instanceof RegExp) assert.match(read, expected);
    else assert.equal(read, expected);
  }
});

Deno.test("a pivoted table has a column for each field; a failed query is named", async () => {
  const pivoted = `#group,false,false,false,true,true,false,false
#datatype,string,long,dateTime:RFC3339,string,string,double,string
#default,_result,,,,,,idle
,result,table,_time,_measurement,machine,temperature,mode
,,0,2026-02-01T00:00:00Z,press,p1,41.5,
,,0,2026-02-01T00:00:10Z,press,p2,,run

#datatype,string,string
#group,true,true
#default,,
,error,reference
,Failed to parse query,897
`;
  const file = await readText(influxCsv, pivoted);
  assert.deepEqual(file.readings, [
    "press,machine=p1 temperature @ 2026-02-01T00:00:00Z = 41.5 °C",
    'press,machine=p1 mode @ 2026-02-01T00:00:00Z = "idle"',
    'press,machine=p2 mode @ 2026-02-01T00:00:10Z = "run"',
  ]);
  assert.deepEqual(file.rejected, ['12: the query failed: "Failed to parse query"']);
});

Deno.test("a table that goes on after a cut keeps its types", async () => {
  const row = (text: string) => `,_result,0,2026-02-01T00:00:01Z,${text},f,m\n`;
  // A stretch of a file has a quarter of a megabyte.
  const long = row("x".repeat(90_000)).repeat(9);
  const file = await readText(influxCsv, table("string", "4", long + row("5")), {}, 1);
  assert.ok(file.segments.length > 1);
  assert.equal(file.readings.at(-1), 'm f @ 2026-02-01T00:00:01Z = "5"');
});

Deno.test("the CSV of a query of InfluxDB 1", async () => {
  const file = await readText(
    influxQueryCsv,
    "name,tags,time,temperature\npress,machine=p1,1769904000000000000,41.5\n" +
      'name,tags,time,on,note\npress,"machine=p1,hall=a",1769904000000000000,true,hot\n' +
      "press,p1,1769904000000000000,true,hot\n\nname,time,v\npress,2026-02-01T00:00:00Z,\n",
  );
  assert.deepEqual(file.readings, [
    "press,machine=p1 temperature @ 2026-02-01T00:00:00Z = 41.5 °C",
    "press,hall=a,machine=p1 on @ 2026-02-01T00:00:00Z = 1",
    'press,hall=a,machine=p1 note @ 2026-02-01T00:00:00Z = "hot"',
  ]);
  assert.deepEqual([file.empty, file.rejected], [1, ['5: "p1" are no tags, as machine=p1 is']]);
  const { options } = await withFile(
    "name,tags,time,v\nm,,1769904000,1\n",
    (source) => influxQueryCsv.inspect(source, {}),
  );
  assert.equal(options.precision, "s");
});
