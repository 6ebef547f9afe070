import assert from "node:assert/strict";
import type { Identity } from "./identity.ts";
import { decide, scopeOf } from "./policy.ts";
import type { Policy } from "./policy.ts";

const person: Identity = {
  kind: "user",
  id: "u",
  name: "u",
  role: "viewer",
  scopes: null,
  machine: null,
  via: "token",
};
const WHO: Record<string, Identity | null> = {
  nobody: null,
  viewer: person,
  engineer: { ...person, role: "engineer" },
  admin: { ...person, role: "admin" },
  ingestKey: { ...person, kind: "key", role: "engineer", scopes: ["ingest"] },
  readKey: { ...person, kind: "key", role: "admin", scopes: ["read"] },
  eventsKey: { ...person, kind: "key", scopes: ["events"] },
  wholeKey: { ...person, kind: "key", role: "admin" },
  commandKey: { ...person, kind: "key", role: "engineer", scopes: ["command"] },
  viewingCommandKey: { ...person, kind: "key", scopes: ["command"] },
  noScopeKey: { ...person, kind: "key", role: "admin", scopes: [] },
  device: { ...person, kind: "device", machine: "a/b" },
};

// Who passes, by policy and method, from elsewhere.
const TABLE: [Policy, string, string[]][] = [
  ["public", "get", Object.keys(WHO)],
  ["viewer", "get", ["viewer", "engineer", "admin", "readKey", "wholeKey"]],
  ["viewer", "post", ["viewer", "engineer", "admin", "wholeKey"]],
  ["person:viewer", "get", ["viewer", "engineer", "admin"]],
  ["engineer", "post", ["engineer", "admin", "wholeKey"]],
  ["admin", "get", ["admin", "wholeKey"]],
  ["admin", "post", ["admin", "wholeKey"]],
  ["loopback-or:viewer", "get", ["viewer", "engineer", "admin", "readKey", "wholeKey"]],
  ["device-or:engineer", "post", ["engineer", "admin", "ingestKey", "device", "wholeKey"]],
  ["reporter-or:engineer", "post", ["engineer", "admin", "eventsKey", "wholeKey"]],
  ["command:engineer", "post", ["engineer", "admin", "commandKey"]],
];

Deno.test("decide: exactly these pass", () => {
  for (const [policy, method, pass] of TABLE) {
    for (const [name, who] of Object.entries(WHO)) {
      const { allow } = decide(policy, method, who, false);
      assert.equal(allow, pass.includes(name), `${name} ${method} ${policy}`);
    }
  }
});

Deno.test("decide: this host itself passes loopback-or alone", () => {
  assert.ok(decide("loopback-or:admin", "get", null, true).allow);
  for (const policy of ["viewer", "admin", "device-or:engineer"] as const) {
    assert.ok(!decide(policy, "get", null, true).allow);
  }
});

Deno.test("scopeOf follows from the route", () => {
  assert.deepEqual(
    [
      scopeOf("viewer", "get"),
      scopeOf("viewer", "post"),
      scopeOf("admin", "get"),
      scopeOf("device-or:engineer", "post"),
      scopeOf("reporter-or:engineer", "post"),
      scopeOf("command:engineer", "post"),
    ],
    ["read", "operate", "manage", "ingest", "events", "command"],
  );
});
