import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { freePort } from "../support/port.ts";
import { eventually } from "../support/recording_intake.ts";

/** Sends bytes and gives what comes back first. */
async function ask(port: number, bytes: number[]): Promise<number[]> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new Uint8Array(bytes));
  const buffer = new Uint8Array(64);
  const n = await conn.read(buffer) ?? 0;
  return [...buffer.subarray(0, n)];
}

/** CONNECT of MQTT 3.1.1 with an empty client id. */
const nameless = (
  clean: boolean,
) => [0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, clean ? 2 : 0, 0, 60, 0, 0];

Deno.test("a client without an id is let in with a clean session and refused with a kept one", async () => {
  const under = await startApp();
  try {
    const port = under.app.parts().broker!.port();
    assert.deepEqual(await ask(port, nameless(true)), [0x20, 2, 0, 0]);
    assert.deepEqual(await ask(port, nameless(false)), [0x20, 2, 0, 2]);
  } finally {
    await under.close();
  }
});

Deno.test("a taken MQTT port is tried again until it is free, and the rest of Perch runs", async () => {
  const port = freePort();
  const other = Deno.listen({ hostname: "127.0.0.1", port });
  const under = await startApp({ MQTT_PORT: String(port) });
  try {
    const { broker, components } = under.app.parts();
    const part = () => components.all().find(({ name }) => name === "broker")!;
    assert.equal(part().health, "error");
    assert.match(part().detail, new RegExp(`cannot listen on 127.0.0.1:${port}.*tries again`));
    const health = await fetch(`${under.url}/health`);
    assert.equal((await health.json()).overall, "Partial");
    other.close();
    await eventually(() => broker!.port() === port, () => "it does not listen");
    assert.equal(part().health, "ok");
    assert.deepEqual(await ask(port, nameless(true)), [0x20, 2, 0, 0]);
  } finally {
    await under.close();
  }
});
