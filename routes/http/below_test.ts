import assert from "node:assert/strict";
import { withBase, withoutBase } from "../../lib/words/base_path.ts";
import { checkBase, pageBelow } from "./below.ts";

Deno.test("below a path: it is taken off what comes in, once, and only as a whole", () => {
  assert.equal(withoutBase("/monitor/alarms", "/monitor"), "/alarms");
  assert.equal(withoutBase("/monitor", "/monitor"), "/");
  assert.equal(withoutBase("/alarms", "/monitor"), "/alarms", "a proxy took it off");
  assert.equal(withoutBase("/monitoring", "/monitor"), "/monitoring");
  assert.equal(withoutBase("/alarms", ""), "/alarms");
});

Deno.test("below a path: it is put before paths of Perch, once", () => {
  assert.equal(withBase("/alarms?a=1", "/monitor"), "/monitor/alarms?a=1");
  assert.equal(withBase("/monitor/alarms", "/monitor"), "/monitor/alarms");
  assert.equal(withBase("/", "/monitor"), "/monitor/");
  for (const other of ["//host/x", "https://host/x", "#part", "?a=1", "alarms"]) {
    assert.equal(withBase(other, "/monitor"), other);
  }
});

Deno.test("below a path: addresses of a page lead there, texts stay as they are", () => {
  const page = `<a href="/x">href=&quot;/y&quot;</a><form action="/z"><input value="/v"></form>` +
    `<script type="application/json">{"html":"<a href=\\"/q\\">","href":"/r"}</script>` +
    `<script src="/static/a.js"></script><a href="#m"></a><a href="//other"></a>`;
  assert.equal(
    pageBelow(page, "/monitor"),
    page.replace('"/x"', '"/monitor/x"').replace('"/z"', '"/monitor/z"')
      .replace('"/static', '"/monitor/static'),
  );
});

Deno.test("below a path: one that is Perch's own is refused", () => {
  assert.throws(() => checkBase("/alarms", ["/", "/alarms/:id"]), /choose another path/);
  assert.throws(() => checkBase("/alarms/x", ["/", "/alarms"]), /choose another path/);
  checkBase("/monitor", ["/", "/alarms"]);
  checkBase("", ["/", "/alarms"]);
});
