import assert from "node:assert/strict";
import { join } from "node:path";
import {
  admin,
  BROKEN,
  type CorrectionSite,
  FAULT,
  openCorrectionSite,
  PUMP,
} from "../../../tests/support/script_faults/site.ts";
import type { FakeClock } from "../../../tests/support/fake_clock.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import type { AskModel } from "../../ai/ask.ts";
import { PerchError } from "../../base/errors.ts";
import { createSandbox } from "../../scripts/sandbox.ts";
import { silentLog } from "../../base/log.ts";
import { JUDGES } from "../../../tests/support/script_faults/judge.ts";
import { FRESH_MS, ROLL_BACK_MS } from "./decide.ts";
import { modelProposal } from "./model.ts";
import { tryOn, whileWarm } from "./trial.ts";

async function around(
  run: (site: CorrectionSite) => Promise<void>,
  options: Parameters<typeof openCorrectionSite>[1] = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-corrections-" });
  const site = await openCorrectionSite(dataDir, options);
  try {
    await site.corrections.load();
    await run(site);
  } finally {
    await site.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

const fileOf = (site: CorrectionSite) => Deno.readTextFile(site.file);

/** A proposal that `name` was shown. */
async function shown(site: CorrectionSite, name = "ann") {
  const found = await site.corrections.propose(1, admin(site).by);
  assert.ok(found.correction !== null);
  site.corrections.show([found.correction], name);
  return found.correction;
}

async function refused(work: Promise<unknown>, code: string, about?: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof PerchError, String(error));
    assert.equal(error.code, code, error.message);
    if (about !== undefined) assert.match(error.message, about);
    return true;
  });
}

Deno.test("a correction is proposed, approved, applied, watched and kept; each step is an event", () =>
  around(async (site) => {
    const { corrections } = site;
    const one = await shown(site);
    assert.match(one.diff, /^-.*value: p \];\n\+.*value: p \}\];$/m);
    assert.equal(await fileOf(site), BROKEN, "a proposal changes nothing");
    const applied = await corrections.approve(1, { diffHash: one.diffHash, ...admin(site) });
    assert.deepEqual([applied.state, applied.approver], ["watching", "ann"]);
    assert.equal(await fileOf(site), one.after);
    assert.equal(await Deno.readTextFile(`${site.file}.before-${one.id}.bak`), BROKEN);
    assert.deepEqual(site.resumed, ["codec:pump"]);
    site.counts.set("codec:pump", { messages: 50, faults: 0, readings: 50 });
    await (site.clock as FakeClock).advance(60_000);
    await corrections.look();
    const [kept] = await corrections.ofFault(1);
    assert.deepEqual([kept.state, kept.outcome], ["kept", "50 messages, 0 of them failed"]);
    const { items } = await site.events.list({ family: "correction" } as never);
    const steps = items.map(({ type }) => type).filter((type) => type.startsWith("correction."));
    assert.deepEqual(steps.toReversed(), [
      "correction.proposed",
      "correction.approved",
      "correction.applied",
      "correction.kept",
    ]);
    const back = await corrections.rollBack(1, admin(site).asker, admin(site, "bob").by);
    assert.equal(back.state, "rolled_back");
    assert.equal(await fileOf(site), BROKEN);
    const { items: versions } = await site.scripts.versions(PUMP);
    assert.deepEqual(versions.map(({ reason }) => reason), [
      `correction ${one.id} rolled back`,
      `correction ${one.id}`,
      "found on disk",
    ]);
  }));

Deno.test("Z18: what was not shown, proved or meant is refused, and the file stays", () =>
  around(async (site) => {
    const { corrections } = site;
    const one = await shown(site);
    const { diffHash } = one;
    const try_ = (change: object = {}) =>
      corrections.approve(1, { diffHash, ...admin(site), ...change });
    const byte = diffHash.replace(/.$/, (last) => last === "0" ? "1" : "0");
    await refused(try_({ diffHash: byte }), "conflict", /not the change/);
    await refused(try_({ diffHash: "" }), "conflict");
    for (const role of ["viewer", "engineer"] as const) {
      const asker = { ...admin(site).asker, role };
      await refused(try_({ asker }), "forbidden");
    }
    for (const kind of ["key", "device", "system"] as const) {
      const asker = { ...admin(site).asker, kind };
      await refused(try_({ asker }), "forbidden");
    }
    await refused(
      try_({ asker: { ...admin(site).asker, provedMs: null } }),
      "forbidden",
      /password/,
    );
    const long = site.clock.now() - FRESH_MS - 1;
    await refused(
      try_({ asker: { ...admin(site).asker, provedMs: long } }),
      "forbidden",
      /password/,
    );
    await refused(try_({ person: "bob" }), "conflict", /look at it again/);
    await (site.clock as FakeClock).advance(FRESH_MS + 1);
    await refused(try_(), "conflict", /look at it again/);
    assert.equal(await fileOf(site), BROKEN);
    assert.deepEqual(await corrections.ofFault(1), [one]);
  }));

Deno.test("Z18: an approval counts once; of two approvers one wins", () =>
  around(async (site) => {
    const { corrections } = site;
    const { diffHash } = await shown(site, "ann");
    corrections.show(await corrections.ofFault(1), "bob");
    const both = await Promise.allSettled(
      ["ann", "bob"].map((name) => corrections.approve(1, { diffHash, ...admin(site, name) })),
    );
    assert.deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
    corrections.show(await corrections.ofFault(1), "ann");
    await refused(corrections.approve(1, { diffHash, ...admin(site) }), "conflict", /already/);
  }));

Deno.test("Z18: a file that changed meanwhile makes its correction outdated", () =>
  around(async (site) => {
    const { corrections } = site;
    const one = await shown(site);
    const edited = `${BROKEN}// by hand\n`;
    if (!sabotaged("correction_base")) await Deno.writeTextFile(site.file, edited);
    await refused(
      corrections.approve(1, { diffHash: one.diffHash, ...admin(site) }),
      "conflict",
      /changed meanwhile/,
    );
    assert.equal(await fileOf(site), edited);
    const [outdated] = await corrections.ofFault(1);
    assert.equal(outdated.state, "outdated");
    const anew = await corrections.propose(1, admin(site).by);
    assert.match(anew.correction!.after, /by hand/);
  }));

Deno.test("a correction that does worse is taken back by itself", () =>
  around(async (site) => {
    const { corrections } = site;
    site.counts.set("codec:pump", { messages: 100, faults: 1, readings: 99 });
    await corrections.look();
    site.counts.set("codec:pump", { messages: 200, faults: 2, readings: 198 });
    await (site.clock as FakeClock).advance(60_000);
    const one = await shown(site);
    await corrections.approve(1, { diffHash: one.diffHash, ...admin(site) });
    site.counts.set("codec:pump", { messages: 220, faults: 12, readings: 208 });
    if (!sabotaged("correction_watch")) await corrections.look();
    const [back] = await corrections.ofFault(1);
    assert.deepEqual([back.state, back.outcome], [
      "rolled_back",
      "50 % of the messages failed, before 1 %",
    ]);
    assert.equal(await fileOf(site), BROKEN);
  }));

Deno.test("a rollback is possible for thirty days, and not over what somebody wrote since", () =>
  around(async (site) => {
    const { corrections } = site;
    const one = await shown(site);
    await corrections.approve(1, { diffHash: one.diffHash, ...admin(site) });
    await Deno.writeTextFile(site.file, `${one.after}// by hand\n`);
    const back = () => corrections.rollBack(1, admin(site).asker, admin(site).by);
    await refused(back(), "conflict", /changed since/);
    await Deno.writeTextFile(site.file, one.after);
    await refused(
      corrections.rollBack(1, { kind: "key", role: "admin" }, admin(site).by),
      "forbidden",
    );
    (site.clock as FakeClock).jump(ROLL_BACK_MS + 1);
    await refused(back(), "conflict", /ago/);
  }));

Deno.test("of one fault one proposal is open and three a day are made; another one is another", () =>
  around(async (site) => {
    const { corrections } = site;
    await corrections.look();
    const [byItself] = await corrections.ofFault(1);
    assert.equal(byItself.state, "proposed");
    await corrections.look();
    const again = await corrections.propose(1, admin(site).by);
    assert.equal(again.correction?.id, byItself.id);
    const other = await corrections.propose(1, admin(site).by, true);
    if (other.correction !== null) assert.notEqual(other.correction.after, byItself.after);
    const open = (await corrections.ofFault(1)).filter(({ state }) => state === "proposed");
    assert.equal(open.length, 1);
    await Deno.writeTextFile(site.file, `// by hand\n${BROKEN}`);
    while ((await corrections.ofFault(1)).length < 3) {
      await corrections.propose(1, admin(site).by);
      await Deno.writeTextFile(site.file, `// again\n${BROKEN}`);
    }
    await refused(corrections.propose(1, admin(site).by, true), "rate_limited", /within a day/);
  }));

/** A model that answers this. */
function modelOf(source: string | ((data: { script: string }) => string)): AskModel {
  return ((question) => {
    const text = typeof source === "string" ? source : source(question.data as { script: string });
    const value = question.schema.safeParse({ explanation: "the brace was missing", source: text });
    return Promise.resolve(
      value.success
        ? { value: value.data, model: "gemini-9", tokens: 1, sent: "" }
        : { instead: "the answer has another form", tokens: 1, sent: "" },
    );
  }) as AskModel;
}

Deno.test("the model's answer is held against everything; what does not hold is not proposed, and the reason is said", async () => {
  const good = BROKEN.replace("p ];", "p }];");
  const cases: [string, AskModel, RegExp | null][] = [
    ["what it may be", modelOf(good), null],
    ["an import", modelOf(`import "https://example.com/x.js";\n${good}`), /imports/],
    [
      "a hidden import",
      modelOf(good.replace("return", 'import("x"); return')),
      /imports/,
    ],
    ["no script", modelOf("apply this at once"), /cannot be read/],
    ["the same", modelOf(BROKEN), /no safe correction/],
    ["control characters", modelOf(good.replace("text", "te\u202ext")), /control/],
    ["2 MB", modelOf("a".repeat(2_000_000)), /another form/],
    ["201 lines", modelOf(good + "//\n".repeat(201)), /too much/],
    ["no export", modelOf("export const topics = [];\n"), /cannot be loaded/],
    ["one that fails", modelOf(good.replace("p }", "q }")), /fails/],
    [
      "other files",
      ((question) => {
        const value = {
          explanation: "x",
          source: good,
          file: "../../etc/passwd",
          files: ["gone.js"],
        };
        return Promise.resolve(
          question.schema.safeParse(value).success
            ? { value: question.schema.parse(value), model: "m", tokens: 0, sent: "" }
            : { instead: "the answer has another form", tokens: 0, sent: "" },
        );
      }) as AskModel,
      /another form/,
    ],
  ];
  const sandbox = createSandbox({ log: silentLog() });
  const payload = new TextEncoder().encode('{"p":1013}');
  const samples = [{ tMs: 1, topic: "filter/7/pressure", payload }];
  const fault = { type: "syntax", message: "expecting '}'", line: 5, column: 41 } as const;
  const given = { ref: PUMP, target: FAULT.file!, source: BROKEN, fault, samples };
  const asked = { ...given, declined: [], byItself: false };
  const attempt = (text: string) => tryOn({ sandbox, ...JUDGES }, PUMP, text, samples);
  await whileWarm(sandbox, async () => {
    for (const [name, ask, instead] of cases) {
      const found = await modelProposal({ ask, tryOn: attempt }, asked);
      if (instead === null) assert.equal("author" in found && found.author, "gemini-9", name);
      else assert.match("instead" in found ? found.instead : "", instead, name);
    }
  });
  sandbox.stop();
});

Deno.test("Z18: whatever a model answers, a proposal writes nothing but its row", () =>
  around(async (site) => {
    const { correction } = await site.corrections.propose(1, admin(site).by);
    assert.equal(correction?.state, "proposed");
    assert.match(correction!.author, /^rule: /);
    assert.match(JSON.parse(correction!.trial).instead, /cannot be read/);
    assert.equal(await fileOf(site), BROKEN);
    const files = [...Deno.readDirSync(join(site.file, ".."))].map(({ name }) => name);
    assert.deepEqual(files, ["pump.js"]);
    assert.deepEqual(site.resumed, []);
  }, { ask: modelOf("apply this, at once, to ../../jwt.key") }));

Deno.test("a setting that does not fit any more gets the nearest value that does", async () => {
  const set: unknown[] = [];
  const fault = {
    ...FAULT,
    cause: "setting:readings.keep_days",
    component: "settings",
    type: "setting_unused",
    file: null,
  };
  const settings = {
    unusedValue: () => set.length === 0 ? 90_000 : undefined,
    schema: () => ({ type: "integer", minimum: 1, maximum: 3650 }),
    value: () => set.at(-1) ?? 365,
    set: (_: string, value: unknown) => Promise.resolve(void set.push(value)),
  };
  await around(async (site) => {
    const one = await shown(site);
    assert.deepEqual([one.before, one.after], ["90000\n", "3650\n"]);
    await site.corrections.approve(1, { diffHash: one.diffHash, ...admin(site) });
    assert.deepEqual(set, [3650]);
  }, { settings, fault });
});
