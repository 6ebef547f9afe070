/**
 * No file descriptor is free: what goes out (a webhook, a mail, the connection to a broker) and the command line
 * say so, Perch does not end, and all of it goes on once there are some.
 * `SABOTAGE=outgoing_descriptors` never gives any back.
 */
import assert from "node:assert/strict";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { addKey, perchCommand, startPerch } from "../support/perch.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { sabotaged } from "../support/sabotage.ts";

/** What a running process may have from now on. What it has stays open. */
async function allow(pid: number, descriptors: number): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${descriptors}:`];
  const { success } = await new Deno.Command("prlimit", { args }).output();
  assert.ok(success, "prlimit");
}

async function until(what: string, wanted: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (!await wanted()) {
    assert.ok(performance.now() < endMs, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Component {
  name: string;
  health: string;
  detail: string;
}

Deno.test({
  name: "without a free file descriptor webhooks, mails, the broker and commands wait, and go on",
  ignore: !haveMosquitto(),
  async fn() {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-outgoing-fds-" });
    const key = await addKey({ dataDir, role: "admin" });
    await using broker = await startMosquitto();
    const hooks: string[] = [];
    const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (got) => {
      hooks.push(await got.text());
      return new Response();
    });
    const smtp = await startSmtp();
    const perch = await startPerch({
      dataDir,
      env: {
        MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
        OUTGOING_NETWORKS: "127.0.0.0/8",
        SMTP_SERVER: "127.0.0.1",
        SMTP_PORT: String(smtp.port),
        SENDER_EMAIL: "perch@example.com",
        RECIPIENT_EMAIL: "a@example.com",
      },
    });
    const { pid } = JSON.parse(await Deno.readTextFile(`${dataDir}/perch.lock`));
    // Its one connection stays open, so that Perch can be asked.
    const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
    const call = async (path: string, body?: unknown) => {
      const response = await fetch(perch.url + path, {
        client,
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      assert.ok(response.ok, `${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    };
    const part = async (name: string): Promise<Component> =>
      (await call("/api/status")).components.find((one: Component) => one.name === name);
    const connected = async () => (await part("mqtt")).health === "ok";
    const raise = (sensor: string) => call("/api/ingest", { machine: "m", sensor, value: 99 });
    const told = (sensor: string) =>
      hooks.some((text) => text.includes(sensor)) &&
      smtp.mails.some(({ raw }) => raw.includes(sensor));
    const command = async () => {
      const [deno, args] = perchCommand(undefined, [
        "key",
        "add",
        "--name",
        "k",
        "--role",
        "viewer",
      ]);
      const env = { PERCH_DATA: dataDir };
      return (await new Deno.Command(deno, { args, env, stdout: "null", stderr: "null" }).output())
        .code;
    };
    try {
      const url = `http://127.0.0.1:${receiver.addr.port}/`;
      await call("/api/webhooks", { name: "h", url, events: ["alarm"] });
      for (const sensor of ["before", "without"]) {
        await call("/api/sensors", { name: `m/${sensor}`, critical_high: 5 });
      }
      await until("connected", connected);
      await raise("before");
      await until("the first are delivered", () => told("before"));

      await allow(pid, 10);
      await raise("without");
      await broker.kill();
      await broker.restart();
      await until("the outbox says why", async () => /EMFILE/.test((await part("outbox")).detail));
      await until("MQTT says why", async () => /open files/.test((await part("mqtt")).detail));
      assert.equal(told("without"), false);
      assert.notEqual(await command(), 0, "a command says that it was not done");

      if (!sabotaged("outgoing_descriptors")) await allow(pid, 1024);
      await until("what waited is delivered", () => told("without"));
      await until("connected again", connected);
      assert.equal(await command(), 0);
      const lines = perch.output().split("\n").filter((line) => /"(warn|error)"/.test(line));
      assert.ok(lines.length <= 12, `the log is flooded:\n${lines.join("\n")}`);
      assert.equal(await perch.stop(), 0);
    } catch (error) {
      console.log(perch.output());
      throw error;
    } finally {
      client.close();
      await perch.kill();
      await receiver.shutdown();
      await smtp.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
