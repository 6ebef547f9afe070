import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";

Deno.test("verify: who holds a key learns who this is, and can be sure of it without sending the key", async () => {
  const under = await startApp({ USER_ID: "plant-2", LOCAL_SENSOR_IP: "192.168.1.4" });
  try {
    const { keys } = under.app.parts().access;
    const { key, entry } = await keys.add(
      { name: "press", machine: "hall-1/press-3" },
      systemActor("test"),
    );
    const verify = (body?: unknown, headers: Record<string, string> = {}) =>
      fetch(`${under.url}/api/verify`, {
        method: "POST",
        headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
        body: body ? JSON.stringify(body) : undefined,
      });
    const nonce = "9f1c7a52e0d84b36";
    const answer = await (await verify({ key: "press", nonce })).json();
    assert.deepEqual([answer.site, answer.address, answer.machine], [
      "plant-2",
      "192.168.1.4",
      null,
    ]);
    const ownHash = createHash("sha256").update(key).digest("hex");
    const expected = createHmac("sha256", ownHash).update(`perch-verify ${nonce} plant-2`);
    assert.equal(answer.proof, expected.digest("hex"));

    const sent = await (await verify(undefined, { authorization: `Bearer ${key}` })).json();
    assert.deepEqual([sent.machine, sent.proof], ["hall-1/press-3", null]);

    const bodies = new Set<string>();
    for (const ask of [verify(), verify({ key: "other", nonce })]) {
      const refused = await ask;
      assert.equal(refused.status, 401);
      bodies.add(await refused.text());
    }
    assert.equal(bodies.size, 1);
    const short = await verify({ key: "press", nonce: "1" });
    assert.equal(short.status, 400);
    await short.body?.cancel();
    await keys.remove(entry.id, systemActor("test"));
    const gone = await verify({ key: "press", nonce });
    assert.equal(gone.status, 401);
    await gone.body?.cancel();
  } finally {
    await under.close();
  }
});
