/** Notices from the subscription of a browser to what it shows, with a push service on loopback. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startApp } from "../support/app.ts";
import { makeCertificates } from "../support/mosquitto.ts";
import { startPushService } from "../support/push_service.ts";

Deno.test("push: a browser that subscribed is notified, encrypted for it alone; one that is gone is forgotten", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-push-" });
  const made = await makeCertificates(folder);
  const under = await startApp({ OUTGOING_NETWORKS: "127.0.0.1,::1", OUTGOING_CA: made.ca });
  let publicKey = "";
  const service = await startPushService(made, () => publicKey);
  try {
    const token = (await Deno.readTextFile(join(under.dataDir, "setup-token"))).trim();
    const same = { "sec-fetch-site": "same-origin", "content-type": "application/json" };
    const door = await fetch(`${under.url}/setup`, {
      ...{ method: "POST", redirect: "manual", headers: { "sec-fetch-site": "same-origin" } },
      body: new URLSearchParams({ token, email: "ada@example.org", password: "my own words" }),
    });
    const cookie = door.headers.get("set-cookie")!.split(";")[0];
    await door.body?.cancel();
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${under.url}/api/push${path}`, {
        method,
        headers: { ...same, cookie },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = await response.text();
      return { status: response.status, json: said === "" ? null : JSON.parse(said) };
    };
    publicKey = (await call("GET", "")).json.public_key;
    assert.equal((await Deno.stat(join(under.dataDir, "push.key"))).mode! & 0o777, 0o600);

    const elsewhere = { ...service.subscription, endpoint: "https://169.254.169.254/latest" };
    const refused = await call("POST", "/subscriptions", elsewhere);
    assert.equal(refused.status, 400);
    assert.match(refused.json.detail, /may not be connected to/);
    const weak = { ...service.subscription, keys: { p256dh: "AAAA", auth: "AAAA" } };
    assert.equal((await call("POST", "/subscriptions", weak)).status, 400);

    const added = await call("POST", "/subscriptions", service.subscription);
    assert.equal(added.status, 201, JSON.stringify(added.json));
    assert.notEqual(
      (await call("GET", "")).json.channel,
      null,
      "an admin's first browser makes it",
    );
    const test = () => call("POST", `/subscriptions/${added.json.id}/test`);
    assert.deepEqual((await test()).json.delivered, true);
    assert.match(String(service.shown[0].title), /test/i);

    const { notify, push } = under.app.parts();
    const [channel] = notify.channels.all();
    service.status = 429;
    const busy = await notify.test(channel.id, "Ada", []);
    assert.equal(busy.state, "retry");
    assert.equal(busy.state === "retry" && busy.afterMs, 7_000);
    assert.deepEqual(busy.state === "retry" && busy.remaining, [`browser:${added.json.id}`]);

    // Of somebody who may not sign in any more nothing is shown.
    service.status = 201;
    const nobody = await notify.test(channel.id, "Ada", ["eve@example.org"]);
    assert.equal(nobody.state, "failed");
    assert.equal(service.shown.length, 1);

    service.status = 410;
    assert.equal((await test()).json.delivered, false);
    assert.deepEqual(await push.browsersOf([]), []);
  } finally {
    await under.close();
    await service.close();
    await Deno.remove(folder, { recursive: true });
  }
});
