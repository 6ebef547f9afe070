/** `perch sim` as a tester meets it: nothing configured, everything on loopback. */
import assert from "node:assert/strict";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";

async function token(url: string, who: string): Promise<Record<string, string>> {
  const response = await fetch(`${url}/api/users/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: `${who}@example.com`, password: `${who}123` }),
  });
  assert.equal(response.status, 200);
  return { authorization: `Bearer ${(await response.json()).access_token}` };
}

async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!await done()) {
    if (performance.now() > deadlineMs) throw new Error(`${what} did not happen within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function metric(perch: PerchProcess, name: string): Promise<number> {
  const text = await (await fetch(`${perch.url}/metrics`)).text();
  return Number(new RegExp(`^perch_${name} (\\S+)$`, "m").exec(text)![1]);
}

Deno.test("perch sim fills the past, publishes live, and obeys its API", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-sim-" });
  const perch = await startPerch({
    dataDir,
    args: ["sim", "--history", "0.5"],
    env: { MQTT_PORT: String(freePort()), TEMP_MIN: "5", TEMP_MAX: "9", UPDATE_INTERVAL: "2" },
  });
  try {
    assert.match(perch.output(), /admin@example\.com +admin123/);
    const engineer = await token(perch.url, "engineer");
    const viewer = await token(perch.url, "viewer");
    const status = async () =>
      await (await fetch(`${perch.url}/api/simulator`, { headers: viewer })).json();
    const post = (path: string, headers: Record<string, string>, body?: unknown) =>
      fetch(`${perch.url}/api/simulator/${path}`, {
        method: "POST",
        headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });

    await until(async () => (await status()).simulatedS >= 3, "live publishing");
    const first = await status();
    assert.equal(first.running, true);
    assert.ok(first.acknowledged > 0 && first.dropped === 0);
    const { items } = await (await fetch(`${perch.url}/api/sensors?limit=200`, { headers: viewer }))
      .json();
    assert.equal(items.length, first.sensors);
    const room = items.find((one: { name: string }) => one.name === "default/room-temperature");
    assert.ok(room.last.value >= 5 && room.last.value <= 9, String(room.last.value));
    // What the plant says is understood: nothing of it is refused.
    assert.equal(await metric(perch, "rejected_total"), 0);

    assert.equal((await post("stop", viewer)).status, 403);
    const stopped = await post("stop", engineer);
    assert.equal((await stopped.json()).running, false);
    const still = await metric(perch, "readings_stored_total");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(await metric(perch, "readings_stored_total"), still);

    const started = await post("start", engineer, {
      speed: 20,
      seed: 3,
      scenario: "normal",
      faults: [{
        atS: 0,
        durationS: 600,
        machine: "hall-1/press-2",
        sensor: "pressure",
        kind: "stuck",
      }],
    });
    assert.equal(started.status, 200, await started.clone().text());
    await until(async () => (await status()).simulatedS > 40, "fast publishing");
    const fast = await status();
    assert.deepEqual([fast.seed, fast.speed, fast.scenario], [3, 20, "normal"]);
    assert.deepEqual(fast.faults.map((one: { kind: string }) => one.kind), ["stuck"]);

    const wrong = await post("start", engineer, {
      faults: [{ atS: 0, durationS: 1, machine: "hall-9/press", kind: "leak" }],
    });
    assert.equal(wrong.status, 400);
    assert.match((await wrong.json()).detail, /faults\.0\.machine is "hall-9\/press": give one of/);
    assert.equal((await post("start", engineer, { velocity: 3 })).status, 400);
    assert.equal((await status()).running, true);
    assert.equal(await perch.stop(), 0);
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("perch sim opened to the network prints random passwords, and takes no documented one", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-sim-" });
  const perch = await startPerch({
    dataDir,
    env: { PERCH_HOST: "0.0.0.0", MQTT_PORT: String(freePort()) },
    args: ["sim", "--stopped"],
  });
  try {
    const login = async (email: string, password: string) => {
      const answer = await fetch(`${perch.url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password }),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const page = await (await fetch(`${perch.url}/sign-in`)).text();
    const passwords = new Set<string>();
    for (const role of ["admin", "engineer", "viewer"]) {
      const email = `${role}@example.com`;
      const printed = new RegExp(`${email} +(\\S+)`).exec(perch.output())?.[1];
      assert.ok(printed && printed.length >= 12, `${role}: "${printed}"`);
      assert.ok(!page.includes(printed), "the sign-in page shows it to everybody");
      assert.equal(await login(email, `${role}123`), 401);
      assert.equal(await login(email, printed), 200);
      passwords.add(printed);
    }
    assert.equal(passwords.size, 3);
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("perch serve has no simulator and no demonstration accounts", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-sim-" });
  const key = await addKey({ dataDir, role: "admin" });
  const perch = await startPerch({ dataDir, env: { MQTT_PORT: String(freePort()) } });
  try {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${perch.url}/api/simulator`, { headers });
    await response.body?.cancel();
    assert.equal(response.status, 404);
    const login = await fetch(`${perch.url}/api/users/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "admin@example.com", password: "admin123" }),
    });
    await login.body?.cancel();
    assert.equal(login.status, 401);
  } finally {
    await perch.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
