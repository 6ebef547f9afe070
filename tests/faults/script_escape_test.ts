/**
 * Z25: what a script tries, it does not get. The oracle are things outside: a file, a port, the environment, what the
 * host's own prototypes hold, and a second script beside it. Control: `SABOTAGE=script-escape` runs the scripts beside
 * their host.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../../lib/base/log.ts";
import { createSandbox } from "../../lib/scripts/sandbox.ts";
import type { LoadedScript, RunnableScript, Sandbox } from "../../lib/scripts/script.ts";
import { ATTEMPTS } from "../support/escape_attempts.ts";
import { sabotaged } from "../support/sabotage.ts";

const MOST_MS = 3_000;
const MOST_BYTES = 300_000_000;
const INPUTS = [{ topic: "a" }, { topic: "b" }];

Deno.test("a hundred attempts of a script to get out: none does, and all end in time", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-escape-" });
  const canary = join(folder, "canary.txt");
  await Deno.writeTextFile(canary, "as it was");
  let calls = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    calls++;
    return new Response("");
  });
  Deno.env.set("PERCH_CANARY", "secret");
  const sandbox = sabotaged("script-escape")
    ? besideTheHost()
    : createSandbox({ log: silentLog(), hangMs: 100 });
  const rss = Deno.memoryUsage().rss;
  try {
    assert.ok(ATTEMPTS.length >= 100, `${ATTEMPTS.length} attempts`);
    const witness = await load(sandbox, "witness", "export const decode = (m) => m.topic;");
    for (const { name, source, spares } of ATTEMPTS) {
      const text = source.replaceAll("CANARY", name.includes("environment") ? "CANARY" : canary)
        .replaceAll("PORT", String(server.addr.port)).replaceAll(`PERCH_${canary}`, "PERCH_CANARY");
      const startedMs = performance.now();
      const loaded = await sandbox.load(runnable("hostile", text));
      if ("script" in loaded) {
        const answers = await loaded.script.call("decode", INPUTS);
        loaded.script.unload();
        assert.equal(answers.length, INPUTS.length, `${name}: answers for others`);
        assert.ok(!JSON.stringify(answers).includes("ESCAPED"), `${name}: it got out`);
        if (spares) assert.deepEqual(answers[1], { ok: "no" }, `${name}: the next message`);
      }
      const [beside] = await witness!.call("decode", INPUTS);
      const tookMs = performance.now() - startedMs;
      assert.deepEqual(beside, { ok: "a" }, `${name}: another script was hurt`);
      assert.ok(tookMs < MOST_MS, `${name}: it took ${Math.round(tookMs)} ms`);
      assertUntouched(name);
    }
    assert.equal(await Deno.readTextFile(canary), "as it was");
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["canary.txt"]);
    assert.equal(calls, 0, "a port was called");
    const grown = Deno.memoryUsage().rss - rss;
    assert.ok(grown < MOST_BYTES, `${Math.round(grown / 1e6)} MB more memory`);
  } finally {
    sandbox.stop();
    Deno.env.delete("PERCH_CANARY");
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

function assertUntouched(name: string): void {
  assert.equal(({} as { polluted?: 1 }).polluted, undefined, `${name}: the host's prototype`);
  assert.equal((globalThis as { escaped?: 1 }).escaped, undefined, `${name}: the host's global`);
  assert.equal(JSON.stringify(JSON.parse("[1]")), "[1]", `${name}: the host's JSON`);
}

const runnable = (name: string, source: string): RunnableScript => ({
  ...{ kind: "codec", name, source, hash: name },
});

async function load(
  sandbox: Sandbox,
  name: string,
  source: string,
): Promise<LoadedScript | null> {
  const loaded = await sandbox.load(runnable(name, source));
  return "script" in loaded ? loaded.script : null;
}

/** The sabotage: a script is a module of this very process. */
function besideTheHost(): Sandbox {
  return {
    async load({ kind, name, hash, source }) {
      const url = `data:text/javascript,${encodeURIComponent(source)}`;
      const { decode } = await import(url);
      const call = (_: string, inputs: readonly unknown[]) =>
        Promise.resolve(inputs.map((input) => ({ ok: decode(input) })));
      const fold = () => Promise.reject(new Error("not there"));
      return { script: { ref: { kind, name }, hash, exports: {}, call, fold, unload() {} } };
    },
    stop() {},
  };
}
