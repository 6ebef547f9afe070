/** `perch check` over the host and what Perch talks to. */
import assert from "node:assert/strict";
import type { Finding } from "../../lib/cli/check/check.ts";
import { perchHere } from "../support/command_here.ts";
import { withDir } from "../support/command_line.ts";
import { freePort } from "../support/port.ts";
import { startSmtp } from "../support/receivers/smtp.ts";

Deno.test("perch check greets mail servers and the model's address, and says what to do where they are silent", async () => {
  await withDir(async (dir) => {
    // There is a database from now on.
    assert.equal((await perchHere(dir, ["user", "list"])).code, 0);
    const smtp = await startSmtp();
    const asked: (string | null)[] = [];
    const model = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      asked.push(request.headers.get("x-goog-api-key"));
      return new Response("no", { status: 404 });
    });
    const env = {
      PERCH_PORT: "0",
      MQTT_PORT: String(freePort()),
      SMTP_SERVER: "localhost",
      SMTP_PORT: String(smtp.port),
      SENDER_EMAIL: "perch@example.com",
      RECIPIENT_EMAIL: "ada@example.com",
      GEMINI_API_KEY: "a-key-that-nobody-needs-to-see",
      GEMINI_BASE_URL: `http://127.0.0.1:${model.addr.port}`,
    };
    const run = async () => {
      const { code, out } = await perchHere(dir, ["check", "--json"], { env });
      const { checks } = JSON.parse(out) as { checks: Finding[] };
      assert.ok(!out.includes(env.GEMINI_API_KEY));
      for (const { state, detail, advice } of checks) {
        assert.ok(advice !== undefined || state === "ok" || state === "unknown", detail);
      }
      return { code, of: (name: string) => checks.filter((one) => one.name === name) };
    };
    const good = await run();
    assert.deepEqual(good.of("mail").map(({ state }) => state), ["ok"]);
    assert.deepEqual(good.of("model").map(({ state }) => state), ["ok"]);
    assert.deepEqual([smtp.mails.length, asked], [0, [null]]);
    assert.match(good.of("backups")[0].advice!, /perch backup makes one now/);
    for (const name of ["host", "service", "log files", "clock", "ports", "database"]) {
      assert.ok(good.of(name).length > 0, name);
    }
    await smtp.close();
    await model.shutdown();
    const bad = await run();
    assert.equal(bad.code, 1);
    assert.match(bad.of("mail")[0].detail, /the server of "Email \(environment\)" cannot be used/);
    assert.match(bad.of("model")[0].detail, /does not answer/);
  });
});
