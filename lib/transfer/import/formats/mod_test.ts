import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { withFile } from "../../../../tests/support/import_reading.ts";
import { headOf } from "../bytes_source.ts";
import { IMPORT_FORMATS } from "./mod.ts";

/** How each sample begins; what a table without a header is cannot be known for sure. */
const SAMPLES: [string, string, number?][] = [
  [
    "ha-history-csv",
    "entity_id,state,last_changed\nsensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z\n",
  ],
  [
    "ha-statistics-json",
    '{"sensor.loft_temperature":[{"start":1769904000000,"end":1769907600000,"mean":20.4}]}',
  ],
  [
    "ha-statistics-json",
    '{"id":7,"type":"result","success":true,"result":{"sensor.a_b":[{"start":1769904000000}]}}',
  ],
  [
    "ha-history-json",
    '[[{"entity_id":"sensor.loft_temperature","state":"20.3","last_changed":"2026-02-01T00:00:00+00:00"}]]',
  ],
  [
    "ha-history-json",
    '[\n  [ { "attributes": {"unit_of_measurement": "°C"}, "entity_id": "sensor.a_b", "last_changed": "2026-02-01T00:00:00+00:00", "state": "1" } ] ]',
  ],
  ["ha-history-json", '{"sensor.loft_temperature":[{"s":"20.3","a":{},"lu":1769904000.25}]}'],
  [
    "influx-csv",
    "#group,false,false,true,true\n#datatype,string,long,dateTime:RFC3339,double\n#default,_result,,,\n,result,table,_time,_value\n",
  ],
  ["influx-csv", "#datatype,string,long\r\n#group,false,false\r\n,result,table\r\n"],
  [
    "influx-line",
    "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n# DDL\nCREATE DATABASE plant WITH NAME autogen\n# DML\n",
  ],
  ["influx-line", 'press,machine=p1 temperature=41.5,note="a \\"b\\", c" 1769904000123456789\n'],
  ["influx-query-csv", "name,tags,time,temperature\npress,machine=p1,1769904000000000000,41.5\n"],
  [
    "victoria-json",
    '{"metric":{"__name__":"up","zone":"a"},"values":[20.1,null,"Infinity"],"timestamps":[1769904000000,1769904015000,1769904030000]}\n',
  ],
  ["victoria-csv", "room_temperature_celsius,a,20.1,1769904000\n", 0.6],
  [
    "prometheus-matrix",
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1769904000.123,"1"]]}]}}',
  ],
  ["openmetrics", 'room_temperature_celsius{zone="a"} 20.1 1769904000.000\n# EOF\n'],
  ["openmetrics", "# TYPE up gauge\nup 1 1769904000000\n"],
  [
    "csv",
    "time;Kessel °C;Druck bar\n2026-02-01 00:00:00;71,5;1,02\n2026-02-01 00:01:00;;1,03\n",
    0.5,
  ],
  ["csv", "\ufefftime,entity_id,state\r\n02/03/2026,sensor.a,1\r\n", 0.5],
  ["csv", "1769904000\t5\n", 0.5],
];

Deno.test("each sample is known for what it is, packed or not", async () => {
  for (const [id, content, sure = 0.9] of SAMPLES) {
    for (const bytes of [new TextEncoder().encode(content), gzipSync(content)]) {
      const found = await withFile(bytes, async (source) => {
        const head = await headOf(source);
        return IMPORT_FORMATS.map((format) => ({
          id: format.id,
          sure: format.detect(head, source),
        }))
          .toSorted((a, b) => b.sure - a.sure);
      });
      assert.equal(found[0].id, id, content);
      assert.ok(found[0].sure >= sure, `${id} ${found[0].sure}`);
      assert.ok(
        sure >= 0.9 ? found[1].sure < 0.7 : found[0].sure < 0.7,
        `${id}: ${JSON.stringify(found[1])}`,
      );
    }
  }
});

Deno.test("what is no history is none, and no format fails on it", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(5000));
  for (
    const content of [
      "",
      "hello\n",
      "{}",
      "[]",
      "<html><body>Sign in</body></html>",
      "\0\0\0",
      noise,
    ]
  ) {
    await withFile(content, async (source) => {
      const head = await headOf(source).catch(() => new Uint8Array(0));
      for (const format of IMPORT_FORMATS) {
        assert.ok(format.detect(head, source) <= 0.5, `${format.id} ${content}`);
      }
    });
  }
});

Deno.test("every format has an id and a title of its own", () => {
  for (const  of of["id", "title"] as const) {
    assert.equal(new Set(IMPORT_FORMATS.map((format) => format[of])).size, IMPORT_FORMATS.length);
  }
});
