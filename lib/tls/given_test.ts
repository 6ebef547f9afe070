import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../base/log.ts";
import type { Pair } from "./certificates.ts";
import { openGiven } from "./given.ts";
import { openOwn } from "./own.ts";

Deno.test("given files: another pair is taken when both are there; until then that of before is served", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-given-" });
  try {
    const made = async (name: string) =>
      (await openOwn({
        ...{ folder: join(folder, name), hostName: "localhost", now: Date.now, log: silentLog() },
        names: () => ({ dns: ["localhost", name], ips: [] }),
      })).current();
    const [one, other] = [await made("one"), await made("other")];
    const [certFile, keyFile] = ["cert.pem", "key.pem"].map((name) => join(folder, name));
    const put = async ({ cert, key }: Partial<Pair>) => {
      if (cert !== undefined) await Deno.writeTextFile(certFile, cert);
      if (key !== undefined) await Deno.writeTextFile(keyFile, key);
    };
    await put(one);
    const given = await openGiven({ certFile, keyFile, now: Date.now });
    assert.equal(await given.look(), false, "nothing changed");

    await put({ cert: other.cert });
    assert.equal(await given.look(), false);
    assert.match(given.trouble()!, /not that of the certificate\. The certificate of before is/);
    assert.deepEqual(given.current(), one);
    assert.ok(given.names().dns.includes("one"));

    await put({ key: other.key });
    assert.equal(await given.look(), true);
    assert.equal(given.trouble(), null);
    assert.deepEqual(given.current(), other);
    assert.ok(given.names().dns.includes("other"));

    await Deno.remove(keyFile);
    assert.equal(await given.look(), false);
    assert.notEqual(given.trouble(), null);
    assert.deepEqual(given.current(), other);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
