import assert from "node:assert/strict";
import { changesOf, deedOf, type Naming } from "./audit_words.ts";

const naming: Naming = (kind, id) =>
  id === "u1" && kind !== "rule" ? { name: "Ada", href: "/people" } : null;
const row = (action: string, resource: string, before: unknown = null, after: unknown = null) => ({
  id: 1,
  ts: 0,
  actor: { kind: "user", id: "u2", name: "Ben" },
  action,
  resource,
  before,
  after,
  address: null,
  agent: null,
});

Deno.test("audit: an entry is a sentence with names; what is gone has the name that it had", () => {
  assert.deepEqual(deedOf(row("user.update", "user:u1"), naming), {
    did: "changed user",
    what: { name: "Ada", href: "/people" },
  });
  assert.deepEqual(deedOf(row("rule.delete", "rule:u1", { name: "Nights" }), naming), {
    did: "deleted rule",
    what: { name: "Nights" },
  });
  assert.equal(deedOf(row("sign_in.failed", "user:x"), naming).did, "failed to sign in");
  assert.equal(deedOf(row("thing.strange", "thing:7"), naming).did, "thing strange");
});

Deno.test("audit: changes say before → after, with names of people and times of the site", () => {
  const changes = changesOf(
    {
      before: { assignee_id: "u1", due_ms: null, tags: [], same: 1 },
      after: { assignee_id: null, due_ms: 1_700_000_000_000, tags: ["a", "b"], same: 1 },
    },
    naming,
    "UTC",
  );
  assert.deepEqual(changes, [
    "assignee: Ada → none",
    "due: none → 2023-11-14 22:13:20",
    "tags: none → a, b",
  ]);
  assert.deepEqual(changesOf({ before: 0, after: 400 }, naming, "UTC"), ["0 → 400"]);
  const added = { before: null, after: { title: "Oil", note: "", due_ms: null, tags: ["a"] } };
  assert.deepEqual(changesOf(added, naming, "UTC"), ["title: Oil, tags: a"]);
  assert.deepEqual(changesOf({ before: null, after: null }, naming, "UTC"), []);
});
