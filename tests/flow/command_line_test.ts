/** The command line as scripts use it: real processes on a data directory. */
import assert from "node:assert/strict";
import { VARIABLE_NAMES } from "../../lib/base/variables.ts";
import { environmentTable } from "../../lib/cli/check/environment.ts";
import { perch, serve, signIn, withDir } from "../support/command_line.ts";
import { addKey, ROOT } from "../support/perch.ts";
import { freePort } from "../support/port.ts";

const PASSWORD = "correct horse battery";

Deno.test("perch user add works before the first start and while Perch runs", async () => {
  await withDir(async (dir) => {
    const add = (email: string) =>
      perch(dir, ["user", "add", "--email", email, "--role", "engineer", "--json"], {
        input: PASSWORD + "\n",
      });
    const first = await add("before@example.com");
    assert.equal(first.code, 0, first.err);
    assert.equal(JSON.parse(first.out).email, "before@example.com");
    const running = await serve(dir);
    try {
      assert.equal((await add("while@example.com")).code, 0);
      assert.equal(await signIn(running.url, "before@example.com", PASSWORD), 200);
      assert.equal(await signIn(running.url, "while@example.com", PASSWORD), 200);
      const again = await add("while@example.com");
      assert.equal(again.code, 1);
      assert.match(again.err, /while@example\.com/);
      const role = await perch(dir, ["user", "add", "--email", "x@example.com", "--role", "king"], {
        input: PASSWORD,
      });
      assert.equal(role.code, 2);
      assert.match(role.err, /The role is "king": give viewer, engineer, admin\./);
    } finally {
      await running.stop();
    }
  });
});

Deno.test("perch user reset gives a new password and ends what the old one opened", async () => {
  await withDir(async (dir) => {
    const user = (verb: string, input: string, ...more: string[]) =>
      perch(dir, ["user", verb, "--email", "ada@example.com", ...more], { input });
    assert.equal((await user("add", PASSWORD, "--role", "admin")).code, 0);
    const running = await serve(dir);
    try {
      assert.equal(await signIn(running.url, "ada@example.com", PASSWORD), 200);
      const reset = await user("reset", "another one");
      assert.equal(reset.code, 0, reset.err);
      assert.equal(await signIn(running.url, "ada@example.com", PASSWORD), 401);
      assert.equal(await signIn(running.url, "ada@example.com", "another one"), 200);
      assert.equal((await user("reset", "short")).code, 2);
      const nobody = await perch(dir, ["user", "reset", "--email", "bob@example.com"], {
        input: PASSWORD,
      });
      assert.match(nobody.err, /Nobody has an account as bob@example\.com/);
    } finally {
      await running.stop();
    }
  });
});

Deno.test("perch serve refuses a data directory in use and says who has it", async () => {
  await withDir(async (dir) => {
    const running = await serve(dir);
    try {
      const second = await perch(dir, ["serve"], { env: { PERCH_PORT: "0" } });
      assert.equal(second.code, 2);
      assert.match(second.err, new RegExp(`in use by perch serve \\(process ${running.pid} since`));
      const health = await perch(dir, ["health"]);
      assert.match(
        health.out,
        /is ready\.\nOverall: (Healthy|Degraded)\.\n([^]*\n)?\nThis (host|Pi) [^]*\n {2}Memory {2,}\d/,
      );
      const report = JSON.parse((await perch(dir, ["health", "--json"])).out);
      assert.equal(report.status, "ok");
      assert.equal(health.code, report.host.status === "critical" ? 1 : 0, health.out);
      assert.equal((await perch(dir, ["health", "--ready"])).code, 0);
      assert.ok(report.host.perch.resident_bytes > 1e6, JSON.stringify(report.host.perch));
      // Another data directory on the same database, by another path, after the files that say who it is are gone.
      const other = `${dir}/other`;
      await Deno.mkdir(other);
      await Deno.symlink(dir, `${other}/link`);
      await Deno.remove(`${dir}/perch.lock`);
      for (const left of ["kept", "removed"]) {
        if (left === "removed") await Deno.remove(`${dir}/perch.db-owner`);
        const third = await perch(other, ["serve"], {
          env: { PERCH_PORT: "0", DATABASE_URL: `file:${other}/link/perch.db` },
        });
        assert.equal(third.code, 2, third.err);
        const who = left === "kept"
          ? `Perch on ${Deno.hostname()} \\(process ${running.pid} since`
          : "another Perch";
        assert.match(third.err, new RegExp(`perch.db is in use: its folder is held by ${who}`));
        assert.ok(!third.err.includes("    at "), third.err);
      }
    } finally {
      await running.stop();
    }
    const stopped = await perch(dir, ["health"]);
    assert.equal(stopped.code, 1);
    assert.match(stopped.out, /^No Perch runs on [^]*\n\nThis (host|Pi) [^]*\n {2}Memory {2,}\d/);
  });
});

Deno.test("perch serve starts again after kill -9: lock and socket of the dead one do not matter", async () => {
  await withDir(async (dir) => {
    await (await serve(dir)).kill();
    assert.ok(Deno.lstatSync(`${dir}/perch.sock`).isSocket);
    const again = await serve(dir);
    const key = await addKey({ dataDir: dir, role: "viewer" });
    assert.match(key, /^perch_/);
    assert.equal(await again.stop(), 0);
  });
});

Deno.test("perch serve ends cleanly on SIGTERM while event streams are open", async () => {
  await withDir(async (dir) => {
    const key = await addKey({ dataDir: dir, role: "viewer" });
    const running = await serve(dir);
    const streams = await Promise.all(
      Array.from(
        { length: 5 },
        () => fetch(`${running.url}/api/stream`, { headers: { authorization: `Bearer ${key}` } }),
      ),
    );
    for (const stream of streams) assert.equal(stream.status, 200);
    const startMs = performance.now();
    assert.equal(await running.stop(), 0);
    assert.ok(performance.now() - startMs < 10_000);
    for (const stream of streams) await stream.body?.cancel().catch(() => {});
  });
});

Deno.test("perch replay stores what was refused, while Perch runs and while it does not", async () => {
  await withDir(async (dir) => {
    const ts = new Date().toISOString();
    const letter = (topic: string, payload: string) =>
      JSON.stringify({ ts, source: "mqtt", topic, code: "sensor_cap", message: "m", payload }) +
      "\n";
    await Deno.writeTextFile(
      `${dir}/rejected.jsonl`,
      letter("factory/a/t", '{"value": 1.5, "ts": 1790000000}'),
    );
    const offline = await perch(dir, ["replay", "--json"]);
    assert.equal(offline.code, 0, offline.err);
    assert.equal(JSON.parse(offline.out).stored, 1);

    const running = await serve(dir);
    try {
      await Deno.writeTextFile(
        `${dir}/rejected.jsonl`,
        letter("factory/a/u", "2.5") + letter("factory/a/u", "1e999"),
        { append: true },
      );
      const dry = JSON.parse((await perch(dir, ["replay", "--dry-run", "--json"])).out);
      assert.deepEqual([dry.pending, dry.done], [2, 1]);
      const online = await perch(dir, ["replay", "--json"]);
      assert.equal(online.code, 1);
      const report = JSON.parse(online.out);
      assert.equal(report.stored, 1);
      assert.deepEqual(Object.values(report.rejected), [1]);
      const key = await addKey({ dataDir: dir, role: "viewer" });
      const response = await fetch(`${running.url}/api/sensors`, {
        headers: { authorization: `Bearer ${key}` },
      });
      const { items } = await response.json();
      assert.deepEqual(
        items.map((one: { name: string; last: { value: number } }) => [one.name, one.last.value]),
        [["a/t", 1.5], ["a/u", 2.5]],
      );
    } finally {
      await running.stop();
    }
  });
});

Deno.test("perch check finds nothing wrong in a fresh directory and names what is", async () => {
  await withDir(async (dir) => {
    const env = { PERCH_PORT: String(freePort()), MQTT_PORT: String(freePort()) };
    const good = await perch(dir, ["check", "--json"], { env });
    assert.equal(good.code, 0, good.out + good.err);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = String((listener.addr as Deno.NetAddr).port);
    const bad = await perch(dir, ["check"], {
      env: {
        ...env,
        PERCH_HOST: "127.0.0.1",
        PERCH_PORT: taken,
        MQTT_URL: `mqtt://127.0.0.1:${freePort()}`,
      },
    });
    listener.close();
    assert.equal(bad.code, 1);
    assert.match(bad.out, new RegExp(`FAIL +ports +PERCH_PORT: 127.0.0.1:${taken} is taken`));
    assert.match(bad.out, /FAIL +broker +could not reach the broker at mqtt:\/\/127\.0\.0\.1/);
  });
});

Deno.test("perch check says that a start would refuse a missing database where there was a plant", async () => {
  await withDir(async (dir) => {
    const env = { PERCH_PORT: String(freePort()), MQTT_PORT: String(freePort()) };
    await Deno.writeTextFile(`${dir}/jwt.key`, "a".repeat(64));
    const { code, out } = await perch(dir, ["check"], { env });
    assert.equal(code, 1, out);
    assert.match(out, /FAIL +database .*perch\.db is missing or empty, but there was a plant here/);
    assert.match(out, /put a backup of the database in its place/);
    assert.doesNotMatch(out, /the first start creates it/);
  });
});

Deno.test("perch tells wrong usage in one sentence with exit code 2", async () => {
  await withDir(async (dir) => {
    const cases: [string[], RegExp][] = [
      [["fly"], /^"fly" is not a command: use serve, sim, check/],
      [["user"], /^"user" is not a command: use user list, user add/],
      [["key", "add"], /^--name is missing/],
      [["serve", "--loud"], /^Unknown option '--loud'/],
      [["replay", "--since", "soon"], /^--since is "soon": give a time/],
      [["sim", "--speed", "0"], /^--speed is "0": give a number from 0.1 to 100/],
    ];
    for (const [args, expected] of cases) {
      const { code, err } = await perch(dir, args);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, expected);
      assert.equal(err.split("\n").length, 1);
    }
  });
});

Deno.test("perch reads .env of the working and the data directory; the environment stands above", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/.env`, "PERCH_PORT=http\nPERCH_COLOUR=red\n");
    const { code, err } = await perch(dir, ["check"]);
    assert.equal(code, 2);
    assert.equal(err, 'PERCH_PORT is "http": give a whole number from 0 to 65535.');
    const fixed = await perch(dir, ["check", "--json"], {
      env: { PERCH_PORT: "0", MQTT_PORT: "0" },
    });
    assert.match(fixed.out, /PERCH_COLOUR is not a variable of Perch/);
  });
});

Deno.test("the task perch may read exactly the documented variables", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const allowed = /--allow-env=(\S+)/.exec(tasks.perch)![1].split(",").sort();
  // libsql's own switch; its loader asks for it.
  assert.deepEqual(allowed, [...VARIABLE_NAMES, "LIBSQL_JS_DEV"].sort());
  assert.doesNotMatch(tasks.perch, / -A|--allow-all|--allow-import/);
});

Deno.test("README documents every variable as perch check --env does", () => {
  const readme = Deno.readTextFileSync(`${ROOT}README.md`);
  const flat = (text: string) => text.replace(/[ -]+\|/g, " |").replace(/\| +/g, "| ");
  assert.ok(
    flat(readme).includes(flat(environmentTable())),
    "the table in README.md differs from the schema; it should be:\n" + environmentTable(),
  );
});
