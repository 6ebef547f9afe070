import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import { PerchError } from "./errors.ts";
import { Secret } from "./secret.ts";
import { notesOf, VARIABLE_NAMES } from "./variables.ts";

function refusal(env: Record<string, string>): string {
  try {
    parseConfig(env);
  } catch (error) {
    assert.ok(error instanceof PerchError);
    assert.equal(error.code, "validation");
    return error.message;
  }
  throw new Error("parseConfig accepted " + JSON.stringify(env));
}

Deno.test("parseConfig gives the documented defaults for an empty environment", () => {
  const config = parseConfig({}, { cwd: "/srv/perch" });
  assert.equal(config.http.host, "0.0.0.0");
  assert.equal(config.http.port, 8080);
  assert.equal(config.dataDir, "/srv/perch/data");
  assert.equal(config.database.url, "file:/srv/perch/data/perch.db");
  assert.equal(config.mqtt.url, null);
  assert.deepEqual(config.mqtt.topics, ["factory/#", "edge/#", "sensors/+/telemetry"]);
  assert.deepEqual(config.broker, { host: "127.0.0.1", port: 1883 });
  assert.equal(config.intake.commitIntervalMs, 50);
  assert.equal(config.retention.days, null);
  assert.deepEqual(config.warnings, []);
});

Deno.test("parseConfig in sim mode stays on loopback and in its own data directory", () => {
  const config = parseConfig({ PERCH_PORT: "0" }, { mode: "sim", cwd: "/srv" });
  assert.equal(config.http.host, "127.0.0.1");
  assert.equal(config.dataDir, "/srv/data/sim");
  assert.equal(parseConfig({ PERCH_HOST: "10.0.0.1" }, { mode: "sim" }).http.host, "10.0.0.1");
});

Deno.test("parseConfig names the variable, the value and what is allowed", () => {
  assert.equal(
    refusal({ PERCH_PORT: "80a" }),
    'PERCH_PORT is "80a": give a whole number from 0 to 65535.',
  );
  assert.equal(
    refusal({ MQTT_URL: "broker:1883" }),
    'MQTT_URL is "broker:1883": give an address like mqtt://broker:1883 (mqtt, mqtts, ws or wss).',
  );
  assert.match(refusal({ TEMP_MIN: "50" }), /TEMP_MIN is "50" and TEMP_MAX is "40"/);
  assert.match(refusal({ MQTT_CERT: "a.pem" }), /MQTT_KEY is not set although MQTT_CERT is/);
  assert.match(refusal({ MQTT_TOPICS: "a/#/b" }), /MQTT_TOPICS is "a\/#\/b"/);
  assert.match(refusal({ TRUSTED_PROXIES: "10.0.0.0/33" }), /TRUSTED_PROXIES/);
  assert.match(refusal({ LOG_LEVEL: "loud" }), /debug, info, warn, error/);
});

Deno.test("parseConfig reports every wrong variable at once", () => {
  const message = refusal({ PERCH_PORT: "x", UPDATE_INTERVAL: "0" });
  assert.match(message, /PERCH_PORT/);
  assert.match(message, /UPDATE_INTERVAL/);
});

Deno.test("parseConfig never shows a secret or a password in an address", () => {
  assert.equal(
    refusal({ JWT_SECRET: "hunter2" }),
    "JWT_SECRET is *** (7 characters): give at least 32 random characters.",
  );
  assert.doesNotMatch(refusal({ MQTT_URL: "http://u:hunter2@host" }), /hunter2/);
  const config = parseConfig({
    MQTT_URL: "mqtts://u:hunter%202@host:8883",
    DATABASE_URL: "https://db.example?authToken=canary",
    JWT_SECRET: "k".repeat(32),
  });
  assert.equal(config.mqtt.url, "mqtts://host:8883");
  assert.equal(config.mqtt.user, "u");
  assert.equal(config.mqtt.password?.reveal(), "hunter 2");
  assert.equal(config.database.url, "https://db.example");
  assert.equal(config.database.authToken?.reveal(), "canary");
  assert.doesNotMatch(JSON.stringify(config) + Deno.inspect(config), /hunter|canary|kkkk/);
});

Deno.test("parseConfig treats empty as unset and warns about unknown PERCH_ names", () => {
  const config = parseConfig({ PERCH_PORT: "", PERCH_PROT: "1", PERCH_TEST_REQUIRE: "all" });
  assert.equal(config.http.port, 8080);
  assert.equal(config.warnings.length, 1);
  assert.match(config.warnings[0], /PERCH_PROT/);
});

Deno.test("parseConfig keeps a relative file: database in the data directory", () => {
  const of = (DATABASE_URL: string) => parseConfig({ DATABASE_URL, PERCH_DATA: "/d" }).database.url;
  assert.equal(of("file:x.db"), "file:/d/x.db");
  assert.equal(of("file:/abs/x.db"), "file:/abs/x.db");
  assert.equal(of("file:///abs/x.db"), "file:/abs/x.db");
});

Deno.test("parseConfig freezes what it returns", () => {
  const config = parseConfig({});
  assert.throws(() => ((config.http as { port: number }).port = 1), TypeError);
  assert.throws(() => (config.mqtt.topics as string[]).push("x"), TypeError);
});

Deno.test("environment documents every variable, and no default of a secret", () => {
  for (const name of VARIABLE_NAMES) {
    const notes = notesOf(name);
    assert.ok(notes.title.length > 2, name);
    assert.ok(notes.allowed.length > 2, name);
    if (notes.secret) assert.equal(notes.default, null, name);
  }
  assert.equal(String(new Secret("x")), "***");
});
