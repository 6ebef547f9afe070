/** Scripts by the API: written by the hash of what was seen, tried, switched, approved, deleted; all of it audited. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";

const SOURCE = `export const topics = ["pumps/+/telemetry"];
export function decode({ topic, text }) {
  return [{ sensor: "temperature", value: JSON.parse(text).t / 10 }];
}`;
const ONE = "/api/scripts/codec/pump";

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("scripts: written, tried, switched and deleted by what was seen; each change is audited", async () => {
  const under = await startApp();
  try {
    const { access, scripts } = under.app.parts();
    const { key } = await access.keys.add({ name: "ann", role: "admin" }, systemActor("test"));
    const call = async (method: string, path: string, body?: unknown): Promise<Json> => {
      const response = await fetch(under.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, ...(text === "" ? {} : JSON.parse(text)) };
    };
    const made = await call("PUT", ONE, { source: SOURCE, expected_hash: null });
    assert.deepEqual([made.state, made.matches], ["on", ["pumps/+/telemetry"]]);
    const blind = await call("PUT", ONE, { source: "1", expected_hash: null });
    assert.deepEqual([blind.status, blind.detail], [409, "codecs/pump.js exists already."]);
    const evil = await call("PUT", "/api/scripts/codec/..%2Fpump", {
      source: SOURCE,
      expected_hash: null,
    });
    assert.deepEqual([evil.status, evil.errors[0].path], [400, "name"]);
    const large = await call("PUT", "/api/scripts/codec/large", {
      source: "é".repeat(200_000),
      expected_hash: null,
    });
    assert.deepEqual([large.status, large.errors[0].path], [400, "source"]);

    scripts.addSample({ kind: "codec", name: "pump" }, "pumps/1/telemetry", bytes('{"t":7}'), 5);
    const { items: [sample] } = await call("GET", `${ONE}/samples`);
    const tried = await call("POST", `${ONE}/try`, { sample: sample.id });
    assert.deepEqual(tried.answer, [{ sensor: "temperature", value: 0.7 }]);
    const broken = await call("POST", `${ONE}/try`, {
      source: SOURCE.replace("/ 10", "/ ;"),
      topic: "a",
      payload: "{}",
    });
    assert.deepEqual([broken.status, broken.fault.type, broken.fault.line], [200, "syntax", 3]);

    const off = await call("POST", `${ONE}/switch`, { state: "off", expected_hash: made.hash });
    assert.equal(off.state, "off");
    const changed = await call("PUT", ONE, {
      source: `${SOURCE}\n// more`,
      expected_hash: made.hash,
    });
    assert.deepEqual([changed.state, changed.actor], ["off", "ann"]);
    const late = await call("POST", `${ONE}/switch`, { state: "on", expected_hash: made.hash });
    assert.equal(late.status, 409);
    const { items } = await call("GET", `${ONE}/versions`);
    const first = await call("GET", `${ONE}/versions/${items[1].id}`);
    assert.equal(first.source, SOURCE);
    assert.equal((await call("DELETE", `${ONE}?expected_hash=${made.hash}`)).status, 409);
    assert.equal((await call("DELETE", ONE)).status, 204);
    assert.equal((await call("GET", ONE)).status, 404);

    const { items: audit } = await call("GET", "/api/audit?action=script");
    assert.deepEqual(audit.map(({ action }: Json) => action), [
      "script.delete",
      "script.write",
      "script.switch",
      "script.write",
    ]);
  } finally {
    await under.close();
  }
});

const bytes = (text: string) => new TextEncoder().encode(text);
