/**
 * The compiled binaries as users get them: made by `deno task compile` and `compile:arm64`, started, fed over
 * MQTT and HTTP, asked (how their host is, too), stopped, started again, given a codec that breaks, and a model
 * to ask. The ARM64 one runs under qemu on other hosts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import mqtt from "mqtt";
import { binaries } from "../support/binaries.ts";
import { assertCamerasWork } from "../support/binary_cameras.ts";
import { assertReportsAreMade } from "../support/binary_reports.ts";
import { assertCodecsWork, assertModelIsAsked } from "../support/binary_scripts.ts";
import { haveCommands } from "../support/commands.ts";
import { startGemini } from "../support/fake_gemini.ts";
import { addKey, perchCommand, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { until } from "../support/until.ts";

async function run(
  binary: string[],
  args: string[],
  env: Record<string, string> = {},
  typed = "",
) {
  const [command, all] = perchCommand(binary, args);
  const process = new Deno.Command(command, {
    args: all,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = process.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(typed));
  await stdin.close().catch(() => {});
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** The overview names its style sheet and scripts, and the binary has them. */
async function assertPagesAreInside(url: string, headers: Record<string, string>): Promise<void> {
  const page = await (await fetch(url, { headers: { ...headers, accept: "text/html" } })).text();
  const files = [...page.matchAll(/(?:src|href)="(\/static\/[^"]+\.(?:js|css)\?v=\w+)"/g)];
  assert.ok(files.length >= 3, `the overview names ${files.length} files`);
  for (const [, file] of files) {
    const response = await fetch(url + file);
    assert.equal(response.status, 200, file);
    assert.match(response.headers.get("cache-control")!, /immutable/);
    await response.body?.cancel();
  }
}

/** Later starts use what V8 compiled at the first one. A program that imports JSON never writes it. */
function assertKeepsCompiledCode(scratch: string): void {
  const caches = [...Deno.readDirSync(scratch)].filter(({ name }) => name.endsWith(".cache"));
  assert.equal(caches.length, 1, "no code cache");
  assert.ok(Deno.statSync(`${scratch}/${caches[0].name}`).size > 1e6);
}

/** Publishes at QoS 1 and resolves when the broker has acknowledged. */
async function publish(port: number, topic: string, payload: string): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 4,
    connectTimeout: 30_000,
    reconnectPeriod: 0,
  });
  await client.publishAsync(topic, payload, { qos: 1 });
  await client.endAsync();
}

/** Pages, style and script are inside the binary. */
async function showsPages(url: string, headers: Record<string, string>): Promise<void> {
  const page = await fetch(url, { headers: { ...headers, accept: "text/html" } });
  const html = await page.text();
  assert.equal(page.status, 200, html);
  for (
    const pattern of [
      /href="(\/static\/[^"]*\.css[^"]*)"/,
      /src="(\/static\/built\/page\.js[^"]*)"/,
    ]
  ) {
    const asset = await fetch(url + pattern.exec(html)?.[1]);
    assert.equal(asset.status, 200, String(pattern));
    assert.ok((await asset.text()).length > 500);
  }
}

/** The kernel's files are read through libc, with the permissions that the binary has. */
async function measuresItsHost(url: string, headers: Record<string, string>): Promise<void> {
  const host = await until("a sample of the host", async () => {
    const response = await fetch(`${url}/api/health`, { headers });
    assert.equal(response.status, 200, await response.clone().text());
    const report = await response.json();
    // What does not answer in time is not measured: under qemu that may be anything, now and then.
    const { memory, cores, disk, perch } = report;
    const all = [memory, cores, disk, perch?.open_files, perch?.resident_bytes];
    return all.some((one) => one === null || one === undefined) ? null : report;
  }, 60_000);
  const { total } = Deno.systemMemoryInfo();
  assert.ok(Math.abs(host.memory.total_bytes / total - 1) < 0.01, `${host.memory.total_bytes}`);
  assert.equal(host.disk.read_only, false);
  assert.equal(host.cores, navigator.hardwareConcurrency);
  assert.ok(host.perch.open_files > 3 && host.perch.resident_bytes > 1e7);
}

for (const { name, file, path, runner, readyMs, isThere: present } of binaries()) {
  const binary = [...runner, path];

  Deno.test({
    name: `${file} (${name}) tells its version and refuses a wrong variable`,
    ignore: !present,
  }, async () => {
    const version = await run(binary, ["version", "--json"]);
    assert.equal(version.code, 0);
    assert.match(JSON.parse(version.out).target, name === "ARM64" ? /^aarch64/ : /^x86_64/);
    const wrong = await run(binary, ["serve"], { PERCH_PORT: "eighty" });
    assert.equal(wrong.code, 2);
    assert.equal(wrong.err.trim(), 'PERCH_PORT is "eighty": give a whole number from 0 to 65535.');
  });

  Deno.test({
    name: `${file} (${name}) knows whether it is the file of a release`,
    ignore: !present,
  }, async () => {
    const { version, target } = JSON.parse((await run(binary, ["version", "--json"])).out);
    const place = await Deno.makeTempFile({ prefix: "perch-release-", suffix: ".json" });
    const check = async (sha256: string) => {
      const released = { name: "perch", target, bytes: Deno.statSync(path).size, sha256 };
      const release = { version, created_ms: 0, schema: "0001_readings", files: [released] };
      await Deno.writeTextFile(place, JSON.stringify(release));
      return await run(binary, ["version", "--check", place]);
    };
    const hash = createHash("sha256");
    for await (const block of (await Deno.open(path)).readable) hash.update(block);
    const own = await check(hash.digest("hex"));
    assert.equal(own.code, 0, own.err);
    assert.match(own.out, /is the newest\. This file is the one that was released\./);
    // Under qemu a hash takes half a minute.
    if (runner.length === 0) {
      const other = await check("0".repeat(64));
      assert.equal(other.code, 1, other.err);
      assert.match(other.out, /not the same file/);
    }
    await Deno.remove(place);
  });

  Deno.test({
    name:
      `${file} (${name}) boots, migrates, ingests over MQTT and HTTP, answers, stops, and starts again`,
    ignore: !present,
  }, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-binary-" });
    const mqttPort = freePort();
    const scratch = await Deno.makeTempDir({ prefix: "perch-scratch-" });
    const gemini = startGemini();
    const env = {
      MQTT_PORT: String(mqttPort),
      TMPDIR: scratch,
      GEMINI_API_KEY: "made-up",
      GEMINI_BASE_URL: gemini.url,
    };
    const options = { dataDir, binary, readyMs, env };
    const key = await addKey({ dataDir, binary, role: "admin" });
    const user = ["user", "add", "--email", "me@example.com", "--role", "admin"];
    const added = await run(binary, user, { PERCH_DATA: dataDir }, "correct horse battery\n");
    assert.equal(added.code, 0, added.err);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const tsMs = Date.now() - 60_000;
    const raw = async (url: string, sensor: string) => {
      const query = `sensor=${sensor}&from=${tsMs - 1000}&to=${tsMs + 1000}&points=0`;
      const response = await fetch(`${url}/api/readings?${query}`, { headers });
      assert.equal(response.status, 200, await response.clone().text());
      return await response.json();
    };

    let perch = await startPerch(options);
    try {
      await publish(mqttPort, "factory/hall/press/t", JSON.stringify({ value: 21.5, ts: tsMs }));
      const posted = await fetch(`${perch.url}/api/ingest`, {
        method: "POST",
        headers,
        body: JSON.stringify({ machine: "press", sensor: "p", value: 4.25, ts: tsMs }),
      });
      assert.ok(posted.ok, await posted.text());
      await assertPagesAreInside(perch.url, headers);
      assertKeepsCompiledCode(scratch);
      const before = await raw(perch.url, "hall/press/t");
      assert.deepEqual([before.t, before.v], [[tsMs], [21.5]]);
      assert.equal(await perch.stop(), 0);

      perch = await startPerch(options);
      assert.deepEqual((await raw(perch.url, "hall/press/t")).v, [21.5]);
      assert.deepEqual((await raw(perch.url, "press/p")).v, [4.25]);
      await showsPages(perch.url, headers);
      await measuresItsHost(perch.url, headers);
      const running = {
        url: perch.url,
        headers,
        dataDir,
        publish: (topic: string, payload: string) => publish(mqttPort, topic, payload),
        patienceMs: readyMs,
      };
      const here = runner.length === 0;
      await assertCodecsWork(running, here);
      if (haveCommands({ ffmpeg: "ffmpeg" })) await assertCamerasWork(running);
      // Under qemu the host is in need, and reports and the model are what it does without first.
      if (here) await assertReportsAreMade(running);
      if (here) await assertModelIsAsked(running, gemini);
      assert.equal(await perch.stop(), 0);
    } finally {
      await perch.kill();
      await gemini.close();
      for (const folder of [dataDir, scratch]) await Deno.remove(folder, { recursive: true });
    }
  });
}
