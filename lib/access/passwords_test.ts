import assert from "node:assert/strict";
import { PerchError } from "../base/errors.ts";
import { createPasswordHasher } from "./passwords.ts";

Deno.test("passwords: hash is argon2id, verify tells right from wrong and from nobody", async () => {
  const hasher = createPasswordHasher();
  try {
    const encoded = await hasher.hash("corréct horse");
    assert.match(encoded, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await hasher.verify("corre\u0301ct horse", encoded), true);
    assert.equal(await hasher.verify("correct horse", encoded), false);
    assert.equal(await hasher.verify("corréct horse", null), false);
  } finally {
    hasher.stop();
  }
});

Deno.test("passwords: more than the queue are told to come back", async () => {
  const hasher = createPasswordHasher({ queue: 2 });
  try {
    const all = await Promise.allSettled(
      Array.from({ length: 5 }, () => hasher.verify("guess", null)),
    );
    const busy = all.filter((r) => r.status === "rejected");
    assert.equal(busy.length, 3);
    for (const r of busy) {
      assert.ok(r.reason instanceof PerchError && r.reason.code === "busy" && r.reason.retryAfterS);
    }
  } finally {
    hasher.stop();
  }
});

Deno.test("passwords: a worker ended by idleness starts again", async () => {
  const hasher = createPasswordHasher({ idleMs: 1 });
  try {
    await hasher.verify("a", null);
    await new Promise((r) => setTimeout(r, 50));
    assert.equal(await hasher.verify("a", null), false);
    assert.equal(hasher.count(), 2);
  } finally {
    hasher.stop();
  }
});
