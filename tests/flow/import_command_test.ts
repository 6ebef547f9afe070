/** `perch import` as people and scripts use it: while Perch runs, and while it does not; ended by Ctrl-C and gone on with. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { perchHere } from "../support/command_here.ts";
import { perch, serve, withDir } from "../support/command_line.ts";
import { perchCommand, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { until } from "../support/until.ts";

const HISTORY = `entity_id,state,last_changed
sensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z
sensor.loft_temperature,unavailable,2026-02-01T00:10:12.431Z
sensor.loft_temperature,20.5,2026-02-01T00:12:40.002Z
binary_sensor.gate,on,2026-02-01T00:15:00.000Z
`;
const TABLE = "time;Kessel °C\n2026-02-01 00:00:00;71,5\n2026-02-01 00:01:00;72\n";
const LINES = 300_000;

Deno.test("perch import: looks, counts, asks, imports, and again stores nothing; what is open is asked by its option", () =>
  withDir(async (dir) => {
    const file = join(dir, "states.csv");
    await Deno.writeTextFile(file, HISTORY);
    const counted = await perchHere(dir, ["import", file, "--dry-run", "--json"]);
    assert.equal(counted.code, 0, counted.err);
    assert.match(counted.err, /Home Assistant, history[^]*sensor\.loft_temperature +-> loft\/temp/);
    const { result } = JSON.parse(counted.out);
    assert.deepEqual([result.stored, result.empty, result.new_sensors], [3, 1, 2]);
    const nobody = await perchHere(dir, ["import", file]);
    assert.deepEqual([nobody.code, nobody.out], [1, ""]);
    assert.match(nobody.err, /Nobody can be asked here: run it again with --yes/);

    const map = join(dir, "map.csv");
    await Deno.writeTextFile(map, "series,sensor,unit\nsensor.loft_temperature,roof/heat,°C\n");
    const options = ["--map-file", map, "--skip", "binary_sensor.gate", "--yes", "--json"];
    const imported = await perchHere(dir, ["import", file, ...options]);
    assert.equal(imported.code, 0, imported.err);
    const done = JSON.parse(imported.out).result;
    assert.deepEqual([done.stored, done.skipped], [2, 1]);
    assert.deepEqual(
      done.series.map(({ sensor }: { sensor: string | null }) => sensor),
      ["roof/heat", null],
    );

    const running = await serve(dir);
    try {
      const again = await perch(dir, ["import", file, ...options]);
      assert.equal(again.code, 0, again.err);
      const { stored, repeated } = JSON.parse(again.out).result;
      assert.deepEqual([stored, repeated], [0, 2]);
      const over = await perch(dir, ["import", file, "--continue"]);
      assert.equal(over.code, 1);
      assert.match(over.err, /was imported to its end: there is nothing to go on with/);
    } finally {
      await running.stop();
    }

    // Times are shown in the site's zone, whatever the host's is.
    const zone = await perchHere(dir, ["settings", "set", "site.time_zone", "Asia/Tokyo"]);
    assert.equal(zone.code, 0, zone.err);
    const table = join(dir, "Kessel.csv");
    await Deno.writeTextFile(table, TABLE);
    const open = await perchHere(dir, ["import", table, "--yes"]);
    assert.equal(open.code, 2);
    assert.match(open.err, /name no time zone.*: give --zone\.$/);
    const told = await perchHere(dir, ["import", table, "--zone", "Europe/Berlin", "--dry-run"]);
    assert.equal(told.code, 0, told.err);
    assert.match(told.out, /2 to be stored[^]*Nothing was stored\./);
    assert.match(told.err, /First readings \(Asia\/Tokyo\):\n2\d{3}-/);

    const foreign = join(dir, "foreign.ndjson");
    await Deno.writeTextFile(
      foreign,
      '{"perch":{"site":"x9","name":"Plant 1"}}\n{"sensor":"a/b","ts":1769904000000,"value":1}\n',
    );
    for (
      const [site, says] of [[[], /another site, Plant 1/], [
        ["--site", "Hall"],
        /name of the other/,
      ]] as const
    ) {
      const refused = await perchHere(dir, ["import", foreign, "--yes", ...site]);
      assert.equal(refused.code, 2);
      assert.match(refused.err, says);
    }

    const wrong: [string[], RegExp][] = [
      [["import", join(dir, "none.csv")], /there is no file .*none\.csv/],
      [["import", dir], /is no file/],
      [["import", file, "--format", "abc"], /the format "abc" is not known/],
      [["import", file, "--map", "x"], /--map is "x": give SERIES=MACHINE\/SENSOR/],
      [["import", file, "--precision", "days"], /--precision is "days"/],
      [["import"], /FILE is missing/],
    ];
    for (const [args, says] of wrong) {
      const { code, err, out } = await perchHere(dir, args);
      assert.match(err, says);
      assert.deepEqual([code, out], [args[1]?.endsWith("none.csv") ? 1 : 2, ""], err);
    }
  }));

Deno.test("perch import: Ctrl-C cancels it and says how to go on; gone on with, all of it is there once", () =>
  withDir(async (dir) => {
    const file = join(dir, "plant.lp");
    const lines = Array.from(
      { length: LINES },
      (_, i) => `press,machine=p1 t=${i % 90} ${1_769_904_000_000 + i * 1000}000000\n`,
    );
    await Deno.writeTextFile(file, lines.join(""));
    const running = await serve(dir);
    try {
      const [command, args] = perchCommand(undefined, ["import", file, "--yes", "--json"]);
      const child = new Deno.Command(command, {
        args,
        cwd: dir,
        env: { PERCH_DATA: dir, NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let said = "";
      let isTold = false;
      const reading = (async () => {
        for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
          said += text;
          if (!isTold && /^(Reading|Waiting)/m.test(said)) {
            isTold = true;
            child.kill("SIGINT");
          }
        }
      })();
      const [{ code }, out] = await Promise.all([child.status, new Response(child.stdout).text()]);
      await reading;
      const first = JSON.parse(out);
      assert.deepEqual([code, first.state], [1, "cancelled"], said);
      assert.match(said, /perch import \S+plant\.lp --continue/);
      const rest = await perch(dir, ["import", file, "--continue", "--json"]);
      assert.equal(rest.code, 0, rest.err);
      const again = await perch(dir, ["import", file, "--dry-run", "--json"]);
      const { stored, repeated } = JSON.parse(again.out).result;
      assert.deepEqual([stored, repeated], [0, LINES]);
    } finally {
      await running.stop();
    }
  }));

Deno.test("an upload for an import goes on after Perch was killed in the middle of it", () =>
  withDir(async (dir) => {
    const added = await perchHere(dir, [
      "user",
      "add",
      "--email",
      "a@example.org",
      "--role",
      "admin",
    ], {
      input: "long enough",
    });
    assert.equal(added.code, 0, added.err);
    const env = { MQTT_PORT: String(freePort()) };
    const bytes = new TextEncoder().encode(HISTORY.repeat(20_000));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const half = bytes.length >> 1;
    const uploads = "/api/import/uploads";
    const by = async (url: string) => {
      const answer = await fetch(`${url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: "a@example.org", password: "long enough" }),
      });
      return { authorization: `Bearer ${(await answer.json()).access_token}` };
    };
    const first = await startPerch({ dataDir: dir, env });
    const begun = await fetch(first.url + uploads, {
      method: "POST",
      headers: { ...await by(first.url), "content-type": "application/json" },
      body: JSON.stringify({ name: "states.csv", bytes: bytes.length, sha256 }),
    });
    const { id } = await begun.json();
    // The sender never comes to the end of it.
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(0, half)),
    });
    const part = { "content-type": "application/offset+octet-stream" };
    const sending = fetch(`${first.url}${uploads}/${id}`, {
      method: "PATCH",
      headers: { ...await by(first.url), ...part },
      body,
    }).catch(() => null);
    await until("half of it", async () => {
      const { size } = await Deno.stat(join(dir, "import/uploaded", `${id}.partial`));
      return size === half ? true : null;
    });
    await first.kill();
    await sending;

    const second = await startPerch({ dataDir: dir, env });
    try {
      const headers = await by(second.url);
      const at = await fetch(`${second.url}${uploads}/${id}`, { method: "HEAD", headers });
      const offset = Number(at.headers.get("upload-offset"));
      assert.equal(offset, half);
      const rest = await fetch(`${second.url}${uploads}/${id}`, {
        method: "PATCH",
        headers: { ...headers, ...part, "upload-offset": String(offset) },
        body: bytes.slice(offset),
      });
      assert.equal(rest.status, 204, await rest.text());
      const { items } = await (await fetch(second.url + uploads, { headers })).json();
      assert.deepEqual(
        items.map((one: { state: string; received: number }) => [one.state, one.received]),
        [["whole", bytes.length]],
      );
    } finally {
      await second.stop();
    }
  }));
