import assert from "node:assert/strict";
import { runApp, type RunningApp } from "../support/app_client.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

async function send(
  app: RunningApp,
  body: string,
  { confirm = false, type = "text/csv" } = {},
): Promise<[number, Json]> {
  const answer = await app.ask(`/api/registry/import${confirm ? "?confirm=true" : ""}`, {
    method: "POST",
    role: "engineer",
    headers: { "content-type": type },
    body,
  });
  return [answer.status, await answer.json()];
}

async function withApp(run: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    await run(app);
  } finally {
    await app.stop();
  }
}

Deno.test("registry: exported as JSON or CSV, it makes the same registry at another site", () =>
  withApp(async (first) => {
    await first.ingest([
      { machine: "hall/press", sensor: "temp", value: 61 },
      { machine: "hall/press", sensor: "mode", value: "idle" },
    ]);
    const note = () => ({ sql: "select 1" });
    const { machines } = first.parts;
    const notes = 'two lines,\nand "quotes"';
    await machines.patchMachine("hall/press", { name: "=Press", tags: ["a", "b"], notes }, note);
    await machines.patchSensor("hall/press/temp", {
      warning_low: -5,
      warning_high: 80.25,
      hysteresis: 1,
      max_per_minute: 12.5,
      scale: 2,
      display_name: "Öl",
    }, note);
    const json = await (await first.ask("/api/registry")).text();
    for (const [format, type] of [["json", "application/json"], ["csv", "text/csv"]]) {
      const document = await (await first.ask(`/api/registry?format=${format}`)).text();
      await withApp(async (second) => {
        const [, dry] = await send(second, document, { type });
        assert.deepEqual(
          [dry.confirmed, dry.machines, dry.new_sensors, dry.errors],
          [false, 1, 2, []],
        );
        assert.equal(second.parts.registry.machines.all().length, 0);
        const [status, done] = await send(second, document, { type, confirm: true });
        assert.deepEqual([status, done.confirmed], [200, true]);
        assert.equal(await (await second.ask("/api/registry")).text(), json);
        const [, again] = await send(second, document, { type, confirm: true });
        assert.deepEqual([again.same, again.machines, again.changed_sensors], [3, 0, 0]);
        await second.ingest([{ machine: "hall/press", sensor: "temp", value: 50 }]);
        assert.equal(second.parts.registry.find("press/temp")!.last!.value, 100);
      });
    }
  }));

Deno.test("registry: an import names row and column of what is wrong and changes nothing", () =>
  withApp(async (app) => {
    await app.ingest([{ machine: "hall/press", sensor: "temp", value: 61 }]);
    const table = [
      "type,path,unit,warning_high,critical_high,hysteresis,decimals",
      "sensor,hall/press/temp,°C,70,80,,",
      "sensor,hall/press/a,,95,90,,",
      "sensor,hall/press/b,,abc,,,",
      "sensor,onlyone,,,,,",
      "sensor,hall/press/c,,,,-1,12",
      "thing,hall/press/d,,,,,",
      "sensor,hall/press/temp,°C,,,,",
      "machine,hall//x,,,,,",
    ].join("\n");
    const [status, dry] = await send(app, table);
    assert.equal(status, 200);
    const at = dry.errors.map((e: Json) => `${e.row} ${e.column}`);
    assert.deepEqual(at, [
      "line 3 warning_high",
      "line 4 warning_high",
      "line 5 path",
      "line 6 decimals",
      "line 6 hysteresis",
      "line 7 type",
      "line 8 path",
      "line 9 path",
    ]);
    const [refused, problem] = await send(app, table, { confirm: true });
    assert.equal(refused, 400);
    assert.match(problem.detail, /^nothing was changed: line 3, column warning_high: must not be/);
    assert.equal(app.parts.registry.all().length, 1);
    assert.equal(app.parts.registry.find("hall/press/temp")!.settings.warning_high, null);
    for (
      const [body, message] of [
        ["", "the table is empty"],
        ["type,path,colour\nmachine,a/b,red", 'line 1: column "colour"'],
        ['type,path\nmachine,"a', "line 2: not a CSV table"],
        ["type,path\nmachine,a,b", 'line 2: "b" stands beyond the last column'],
      ]
    ) {
      const [code, wrong] = await send(app, body);
      assert.equal(code, 400);
      assert.ok(wrong.detail.startsWith(message), wrong.detail);
    }
    const [json, wrong] = await send(app, '{"machines": 1}', { type: "application/json" });
    assert.deepEqual([json, wrong.code], [400, "validation"]);
  }));

Deno.test("registry: what a spreadsheet set to German saved comes back as it was, decimal commas and all", () =>
  withApp(async (app) => {
    await app.ingest([{ machine: "r1/oven", sensor: "temperature", value: 61, unit: "°C" }]);
    const typed = "type;path;unit;critical_high\r\nsensor;r1/oven/temperature;°C;250,5\r\n";
    const [status, done] = await send(app, typed, { confirm: true });
    assert.deepEqual([status, done.errors], [200, []]);
    assert.equal(app.parts.registry.find("r1/oven/temperature")!.settings.critical_high, 250.5);

    const exported = await (await app.ask("/api/registry?format=csv")).text();
    const german = exported.replaceAll(",", ";").replaceAll(
      /(?<=;|^)(-?\d+)\.(\d+)(?=;|\r)/gm,
      "$1,$2",
    );
    assert.match(german, /250,5/);
    const [, again] = await send(app, german);
    assert.deepEqual([again.machines, again.new_sensors, again.changed_sensors, again.errors], [
      0,
      0,
      0,
      [],
    ]);
    assert.equal(again.same, 2);

    const quoted = 'type,path,unit,critical_high\nsensor,r1/oven/temperature,°C,"250,5"\n';
    const [, refused] = await send(app, quoted);
    assert.equal(refused.errors.length, 1);
    assert.match(refused.errors[0].message, /decimal point \(250\.5\)/);

    // What may be a thousand is asked about, never taken for one.
    for (
      const [cell, wanted] of [
        ["1.250", /1250 or 1\.25/],
        ["1.250,5", /without separated thousands: 1250\.5/],
        ["1\u202f250,5", /without separated thousands: 1250\.5/],
        ["1'250.5", /without separated thousands or a unit/],
      ] as const
    ) {
      const table =
        `type;path;critical_low;critical_high\nsensor;r1/oven/temperature;0,5;${cell}\n`;
      const [, { errors }] = await send(app, table);
      assert.deepEqual(errors.map((e: { column: string }) => e.column), ["critical_high"], cell);
      assert.match(errors[0].message, wanted);
    }
  }));

Deno.test("registry: a file that is not UTF-8 is refused with what to do, and no broken letter is stored", () =>
  withApp(async (app) => {
    const ansi = Uint8Array.from(
      "type,path,unit\nsensor,r3/\xd6fen/t,\xb0C\n",
      (c) => c.charCodeAt(0),
    );
    for (const confirm of ["false", "true"]) {
      const answer = await app.ask(`/api/registry/import?confirm=${confirm}`, {
        role: "engineer",
        method: "POST",
        headers: { "content-type": "text/csv" },
        body: ansi,
      });
      assert.equal(answer.status, 400);
      assert.match((await answer.json()).detail, /not UTF-8.*CSV UTF-8/);
    }
    assert.equal(app.parts.registry.all().length, 0);
  }));
