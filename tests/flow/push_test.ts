/** Notices from the subscription of a browser to what it shows, with a push service on loopback. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { makeCertificates } from "../support/mosquitto.ts";
import { startPushService } from "../support/push_service.ts";

const PERSON = { email: "ben@example.org", password: "quite long enough" };

/** Signed out of, nothing is shown there any more; a sign-in that is only renewed takes nothing away. */
async function endsWithItsSignIn(url: string, admin: string, { there, subscribe, change }: {
  there(types?: string[]): Promise<number>;
  subscribe(cookie: string): Promise<Response>;
  change(email: string, to: { role?: "viewer" | "admin"; state?: "disabled" }): Promise<unknown>;
}): Promise<void> {
  const post = async (path: string, cookie: string, form: Record<string, string> = {}) => {
    const answer = await fetch(url + path, {
      ...{ method: "POST", redirect: "manual", body: new URLSearchParams(form) },
      headers: { "sec-fetch-site": "same-origin", "user-agent": "Phone", cookie },
    });
    await answer.body?.cancel();
    return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  };
  const signIn = (cookie = "") => post("/sign-in", cookie, PERSON);
  const made = await fetch(`${url}/api/users`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin", "content-type": "application/json", cookie: admin },
    body: JSON.stringify({ ...PERSON, role: "viewer" }),
  });
  assert.equal(made.status, 201, await made.text());
  const on = async (cookie: string) => {
    const answer = await subscribe(cookie);
    assert.equal(answer.status, 201, await answer.text());
    assert.equal(await there(), 1);
  };
  const first = await signIn();
  await on(first);
  const again = await signIn(first);
  assert.equal(await there(), 1);
  await post("/sign-out", again);
  assert.equal(await there(), 0);

  const next = await signIn();
  await on(next);
  // Somebody else signs in there.
  await post("/sign-in", next, { email: "ada@example.org", password: "my own words" });
  assert.equal(await there(), 0);

  // The sign-in ran out, and then somebody else signs in in that browser; on another device nothing ends.
  const last = await subscribe(await signIn());
  const mark = last.headers.get("set-cookie")!.split(";")[0];
  assert.equal(await there(), 1, await last.text());
  const ada = { email: "ada@example.org", password: "my own words" };
  await post("/sign-in", "", ada);
  await post("/sign-in", mark, PERSON);
  assert.equal(await there(), 1);
  await post("/sign-in", mark, ada);
  assert.equal(await there(), 0);

  // What is about accounts is shown to admins alone, whoever was one.
  await on(await signIn());
  assert.equal(await there(["access.invited"]), 0);
  await change(PERSON.email, { role: "admin" });
  assert.equal(await there(["access.invited", "alarm.raised"]), 1);
  await change(PERSON.email, { role: "viewer" });
  assert.deepEqual([await there(["access.invited"]), await there(["alarm.raised"])], [0, 1]);
  await change(PERSON.email, { state: "disabled" });
  assert.equal(await there(), 0);
}

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

    // Everybody may send one to a browser of theirs: what the far side says is for nobody.
    service.status = 403;
    const said = (await test()).json.answer;
    assert.match(said, /^403: the push service does not accept it/);
    assert.doesNotMatch(said, /as told/);

    service.status = 410;
    assert.equal((await test()).json.delivered, false);
    assert.deepEqual(await push.browsersOf([]), []);

    await endsWithItsSignIn(under.url, cookie, {
      there: async (types) => (await push.browsersOf([], types)).length,
      subscribe: (cookie) =>
        fetch(`${under.url}/api/push/subscriptions`, {
          method: "POST",
          headers: { ...same, cookie, "user-agent": "Phone" },
          body: JSON.stringify(service.subscription),
        }),
      change: (email, to) => {
        const { users } = under.app.parts().access;
        const { id } = users.list().find((one) => one.email === email)!;
        return users.change(id, to, systemActor("test"));
      },
    });
  } finally {
    await under.close();
    await service.close();
    await Deno.remove(folder, { recursive: true });
  }
});
