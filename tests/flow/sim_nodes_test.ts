/** `deno task sim --nodes 3`: a libSQL server, a broker, three nodes and a proxy, and the pages are one site's. */
import assert from "node:assert/strict";
import { childArgs, ROOT } from "../support/perch.ts";
import { haveMosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/port.ts";
import { findSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";

const ignore = await findSqld() === null || !haveMosquitto();

Deno.test({
  name: "sim --nodes 3: whichever node answers, it is the same site; its end leaves nothing behind",
  ignore,
  fn: async () => {
    const port = freePort();
    const child = new Deno.Command(Deno.execPath(), {
      args: childArgs(`${ROOT}.ci/sim.ts`, ["--nodes", "3", "--history", "0"]),
      env: { PERCH_PORT: String(port), NO_COLOR: "1" },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    let output = "";
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
    };
    const reading = Promise.all([read(child.stdout), read(child.stderr)]);
    const url = `http://localhost:${port}`;
    try {
      await until("the address", () => output.includes(url) || null, 120_000);
      const token = await until("to be signed in", async () => {
        const answer = await fetch(`${url}/api/users/login`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ email: "admin@example.com", password: "admin123" }),
        }).catch(() => null);
        if (answer?.status === 200) return (await answer.json()).access_token as string;
        await answer?.body?.cancel();
        return null;
      }, 120_000);
      const headers = { authorization: `Bearer ${token}` };
      const site = { machine: "hall/press", sensor: "load", value: 7 };
      const stored = await fetch(`${url}/api/ingest`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(site),
      });
      assert.equal(stored.status, 200, await stored.text());
      // The proxy asks the nodes in turn.
      for (let turn = 0; turn < 3; turn++) {
        const answer = await fetch(`${url}/api/sensors?machine=hall/press`, { headers });
        const { items } = await answer.json();
        assert.equal(items[0].last.value, 7);
      }
    } finally {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await reading;
      assert.equal(code, 0, output);
    }
    const server = /libSQL server (\S+)/.exec(output)![1];
    await assert.rejects(fetch(server), "the server has ended too");
  },
});
