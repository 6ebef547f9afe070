import assert from "node:assert/strict";
import { metricsText } from "./metrics.ts";

Deno.test("metricsText writes help, type and escaped labels", () => {
  const text = metricsText([
    { name: "perch_x_total", help: "What", type: "counter", samples: [{ value: 3 }] },
    { name: "perch_none", help: "Nothing", type: "gauge", samples: [] },
    {
      name: "perch_y",
      help: "Two\nlines",
      type: "gauge",
      samples: [{ labels: { source: 'a"b\\c\n' }, value: 1.5 }],
    },
  ]);
  assert.equal(
    text,
    "# HELP perch_x_total What\n# TYPE perch_x_total counter\nperch_x_total 3\n" +
      '# HELP perch_y Two\\nlines\n# TYPE perch_y gauge\nperch_y{source="a\\"b\\\\c\\n"} 1.5\n',
  );
});
