import assert from "node:assert/strict";
import { silentLog } from "../base/log.ts";
import { createSandbox } from "./sandbox.ts";
import type { LoadedScript, Sandbox, ScriptFault, ScriptKind } from "./script.ts";

async function loadInto(sandbox: Sandbox, source: string, kind: ScriptKind = "codec") {
  return await sandbox.load({ kind, name: "pump", source, hash: "h" });
}

async function scriptOf(
  sandbox: Sandbox,
  source: string,
  kind?: ScriptKind,
): Promise<LoadedScript> {
  const loaded = await loadInto(sandbox, source, kind);
  assert.ok("script" in loaded, JSON.stringify(loaded));
  return loaded.script;
}

function sandboxed(name: string, fn: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    const sandbox = createSandbox({
      log: silentLog(),
      hangMs: 200,
    });
    try {
      await fn(sandbox);
    } finally {
      sandbox.stop();
    }
  });
}

const faultIn = (answer: unknown) => (answer as { fault: ScriptFault }).fault;

sandboxed(
  "a codec decodes a batch, and one bad message takes no other with it",
  async (sandbox) => {
    const codec = await scriptOf(
      sandbox,
      `export const topics = ["filter/+/state"];
export function decode({ text }) {
  const { t } = JSON.parse(text);
  if (t === 3) for (;;);
  if (t === 5) return [{ sensor: "x".repeat(2e6), value: 1 }];
  return [{ sensor: "temperature", value: t / 10 }];
}`,
    );
    assert.deepEqual(codec.exports, { topics: ["filter/+/state"] });
    const inputs = [1, 2, 3, "no", 5, 6].map((t) => ({
      text: t === "no" ? "{" : JSON.stringify({ t }),
    }));
    const answers = await codec.call("decode", inputs);
    assert.equal(answers.length, 6);
    assert.deepEqual(answers[0], { ok: [{ sensor: "temperature", value: 0.1 }] });
    assert.equal(faultIn(answers[2]).type, "time");
    const { type, line, message } = faultIn(answers[3]);
    assert.deepEqual([type, line], ["runtime", 3], message);
    assert.equal(faultIn(answers[4]).type, "output");
    assert.deepEqual(answers[5], { ok: [{ sensor: "temperature", value: 0.6 }] });
  },
);

sandboxed("what cannot be read says line and column", async (sandbox) => {
  const loaded = await loadInto(
    sandbox,
    "export const topics = [];\nexport function decode() {\n  let x = ;\n}",
  );
  assert.ok("fault" in loaded);
  assert.deepEqual([loaded.fault.type, loaded.fault.line, loaded.fault.column], ["syntax", 3, 11]);
  const none = await loadInto(sandbox, "export const topics = [];");
  assert.ok("fault" in none && none.fault.type === "contract");
  const waits = await loadInto(sandbox, "await new Promise(() => {}); export function decode() {}");
  assert.match(faultIn(waits).message, /await/);
  const imports = await loadInto(sandbox, 'import "node:fs"; export function decode() {}');
  assert.ok("fault" in imports, JSON.stringify(imports));
});

sandboxed(
  "memory that a script piles up is given back, and then it works again",
  async (sandbox) => {
    const codec = await scriptOf(
      sandbox,
      "const kept = []; export function decode(n) { for (let i = 0; i < n; i++) kept.push(new Uint8Array(1e5)); return kept.length; }",
    );
    const [first, second, third] = await codec.call("decode", [1, 1e6, 1]);
    assert.deepEqual(first, { ok: 1 });
    assert.equal(faultIn(second).type, "memory");
    assert.deepEqual(third, { ok: 1 });
  },
);

sandboxed("what cannot be interrupted costs the worker, and others go on", async (sandbox) => {
  const good = await scriptOf(sandbox, "export const decode = (n) => n + 1;");
  const bad = await scriptOf(
    sandbox,
    "export const decode = () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
  );
  const [hung, [answer]] = await Promise.all([bad.call("decode", [1]), good.call("decode", [1])]);
  assert.equal(faultIn(hung[0]).type, "time");
  assert.deepEqual(answer, { ok: 2 });
});

sandboxed(
  "state goes from input to input, and a failing one leaves it as it was",
  async (sandbox) => {
    const source = `export function step(state = { sum: 0 }, { v }) {
  const next = state;
  next.sum += v;
  if (v === 3) throw new Error("three");
  return { state: next, findings: next.sum > 5 ? [{ text: "high" }] : [] };
}`;
    const detector = await scriptOf(sandbox, source, "detector");
    const { answers, state } = await detector.fold("step", null, [{ v: 2 }, { v: 3 }, { v: 4 }]);
    assert.deepEqual(state, { sum: 6 });
    assert.deepEqual(answers[0], { ok: { findings: [] } });
    assert.equal(faultIn(answers[1]).message, "three");
    assert.deepEqual(answers[2], { ok: { findings: [{ text: "high" }] } });
    assert.deepEqual((await detector.fold("step", state, [])).state, { sum: 6 });
  },
);

sandboxed("the same readings give the same findings: no clock, no chance", async (sandbox) => {
  const detector = await scriptOf(
    sandbox,
    `export const step = (state, what) => ({ state, findings: what === "now" ? Date.now() : what === "new" ? +new Date() : what === "random" ? Math.random() : new Date(5).getTime() });`,
    "detector",
  );
  const { answers } = await detector.fold("step", null, ["now", "new", "random", "given"]);
  assert.deepEqual(answers.map((one) => "fault" in one), [true, true, true, false]);
  assert.deepEqual(answers[3], { ok: { findings: 5 } });
});

sandboxed("the worker goes with the last script, and comes back", async (sandbox) => {
  const one = await scriptOf(sandbox, "export const decode = () => 1;");
  one.unload();
  assert.equal(faultIn((await one.call("decode", [1]))[0]).type, "runtime");
  const two = await scriptOf(sandbox, "export const decode = () => 2;");
  assert.deepEqual(await two.call("decode", [1]), [{ ok: 2 }]);
});
