/** The servers of the guide "Beyond one host": its units and commands are run, its compose files say the same. */
import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { load } from "js-yaml";
import { ROOT } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { findSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";
import { haveVictoria } from "../support/victoria.ts";

const GUIDE = Deno.readTextFileSync(`${ROOT}static/guides/beyond-one-host.md`);
const BLOCKS = [...GUIDE.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, kind, text]) => ({
  kind,
  text,
}));
const binary = await findSqld();

function block(kind: string, has: string): string {
  const found = BLOCKS.filter((one) => one.kind === kind && one.text.includes(has));
  assert.equal(found.length, 1, `blocks of ${kind} with ${has}`);
  return found[0].text;
}

/** The words of `ExecStart`. */
function commandOf(unit: string): string[] {
  return /^ExecStart=((?:.*\\\n)*.*)/m.exec(unit)![1].replaceAll("\\\n", " ").split(/\s+/);
}

// deno-lint-ignore no-explicit-any
const service = (has: string, name: string) => (load(block("yaml", has)) as any).services[name];

/** Options by name; those without a value are null. */
function optionsOf(words: readonly string[]): Record<string, string | null> {
  const options: Record<string, string | null> = {};
  for (let i = 0; i < words.length; i++) {
    const [name, joined] = words[i].split(/=(.*)/s);
    const next = words[i + 1];
    const value = joined ?? (next === undefined || next.startsWith("-") ? null : words[++i]);
    options[name] = value;
  }
  return options;
}

/** What systemd finds wrong with a unit whose program is `program`; nothing is looked at where it is not installed. */
async function verify(folder: string, name: string, unit: string, program: string) {
  const path = `${folder}/${name}`;
  await Deno.writeTextFile(path, unit.replace(commandOf(unit)[0], program));
  const { success, stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", path] })
    .output().catch(() => ({ success: true, stderr: new Uint8Array() }));
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Runs it meanwhile, and kills it. */
async function running(
  command: string,
  args: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(command, { args: [...args], stdout: "null", stderr: "piped" })
    .spawn();
  const said = new Response(child.stderr).text();
  try {
    await work();
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${command}: ${await said}`, { cause: error });
  }
  child.kill("SIGKILL");
  await child.status;
  await said;
}

Deno.test({
  name: "the guide's libSQL server: its unit, key, token and setting work as written",
  ignore: binary === null,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "perch-guide-" });
    const [port, admin] = [freePort(), freePort()];
    const here = (text: string) =>
      text.replaceAll("/etc/sqld", folder).replaceAll("/var/lib/sqld", folder)
        .replace("0.0.0.0:8081", `127.0.0.1:${port}`).replace(
          "127.0.0.1:8082",
          `127.0.0.1:${admin}`,
        );
    const shell = async (script: string) => {
      const { success, stderr } = await new Deno.Command("sh", {
        args: ["-euc", script],
        cwd: folder,
      })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
    };
    try {
      const unit = block("ini", "sqld.service");
      await verify(folder, "sqld.service", unit, binary!);
      await shell(here(block("sh", "openssl genpkey")));
      const authToken = (await Deno.readTextFile(`${folder}/token`)).trim();
      const url = `http://localhost:${port}`;
      const args = commandOf(here(unit)).slice(1);
      const ask = async (authToken?: string) => {
        const client = createClient({ url, authToken });
        try {
          const { rows } = await client.execute("PRAGMA synchronous");
          return Number(rows[0][0]);
        } finally {
          client.close();
        }
      };
      const answers = () =>
        until("the server", () => fetch(`${url}/health`).then((r) => r.text(), () => null));
      await running(binary!, args, async () => {
        await answers();
        await assert.rejects(ask(), /401|authentication/i);
        assert.equal(await ask(authToken), 1);
        await shell(here(block("sh", "durability_mode")).replace("curl", "curl -fsS"));
        assert.equal(await ask(authToken), 2, "it waits for its disk");
      });
      await running(binary!, args, async () => {
        await answers();
        assert.equal(await ask(authToken), 2, "after a restart too");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "the guide's history server: its unit works as written, and keeps to user and password",
  ignore: !haveVictoria(),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "perch-guide-" });
    const port = freePort();
    try {
      const unit = block("ini", "history.service");
      await verify(folder, "history.service", unit, commandOf(unit)[0]);
      const [command, ...args] = commandOf(unit).map((word) =>
        word.replace("/var/lib/history", folder).replace("192.168.1.30:8428", `127.0.0.1:${port}`)
      );
      await running(command, args, async () => {
        const status = (headers: HeadersInit) =>
          fetch(`http://127.0.0.1:${port}/api/v1/query?query=1`, { headers })
            .then(async (answer) => [answer.status, await answer.text()][0]);
        await until("the server", () => status({}).catch(() => null));
        const authorization = `Basic ${new TextEncoder().encode("perch:…").toBase64()}`;
        assert.deepEqual([await status({}), await status({ authorization })], [401, 200]);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the guide's compose files give the servers what the units give them", () => {
  const sqld = service("libsql-server", "sqld");
  const unit = optionsOf(commandOf(block("ini", "sqld.service")).slice(1));
  const composed = optionsOf(sqld.command.split(/\s+/).slice(1));
  // Its admin address is reached from the host alone, by the ports.
  assert.equal(unit["--admin-listen-addr"], "127.0.0.1:8082");
  assert.ok(sqld.ports.includes("127.0.0.1:8082:8082"));
  assert.deepEqual({ ...composed, "--admin-listen-addr": "127.0.0.1:8082" }, unit);
  for (const path of [composed["--db-path"], composed["--auth-jwt-key-file"]]) {
    const mounts = sqld.volumes.map((volume: string) => volume.split(":")[1]);
    assert.ok(mounts.some((mount: string) => path!.startsWith(mount)), `${path} is mounted`);
  }
  const history = service("victoriametrics", "history");
  const { "-httpListenAddr": _, ...own } = optionsOf(
    commandOf(block("ini", "history.service")).slice(1),
  );
  const data = "-storageDataPath";
  assert.deepEqual({ ...optionsOf(history.command), [data]: own[data] }, own);
  assert.deepEqual(history.volumes, [`history:${optionsOf(history.command)[data]}`]);
  const { HISTORY_URL } = service("victoriametrics", "perch").environment;
  assert.equal(new URL(HISTORY_URL).username, own["-httpAuth.username"]);
});
