import assert from "node:assert/strict";
import { silentLog } from "../base/log.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { failingWrites } from "../../tests/support/failing_writes.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { RuleSpec } from "./rule.ts";
import { createRules, type Rules } from "./rules.ts";

const SPEC: RuleSpec = {
  name: "Hall",
  enabled: true,
  events: ["alarm.raised"],
  severity: "warning",
  machines: [],
  tags: [],
  recipients: [{ channel: "*" }],
  escalation: [],
  hours: null,
  quiet: null,
  digest_minutes: 0,
  muted_until: null,
};
const note = () => ({ sql: "select 1" });

Deno.test("createRules: of two changes at once, and of one that fails, memory and disk hold the same", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-rules-" });
  const real = await openTestDatabase(folder);
  const { db, failAfter, holdNext } = failingWrites(real);
  const open = async (database: typeof db): Promise<Rules> => {
    const rules = createRules({
      db: database,
      clock: fakeClock(),
      log: silentLog(),
      named: () => ({ machines: [], hasChannel: () => true, hasPerson: () => true }),
    });
    await rules.load();
    return rules;
  };
  const agree = async (rules: Rules) =>
    assert.deepEqual(rules.all(), (await open(real)).all(), "memory and disk");
  try {
    const rules = await open(db);
    const { id } = await rules.add(SPEC, note);
    failAfter(0);
    await assert.rejects(rules.change(id, { ...SPEC, name: "Roof" }, note), /does not answer/);
    await agree(rules);
    const release = holdNext();
    const changed = rules.change(id, { ...SPEC, name: "Roof" }, note).catch(() => {});
    const removed = rules.remove(id, note);
    await new Promise((r) => setTimeout(r, 20));
    release(false);
    await Promise.all([changed, removed]);
    await agree(rules);
    assert.ok(rules.all().every((rule) => rule.id !== id));
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
