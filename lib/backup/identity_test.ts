import assert from "node:assert/strict";
import { createKeyPair, recoverySheet } from "./encryption.ts";
import { readIdentity } from "./identity.ts";

Deno.test("readIdentity takes the saved recovery sheet, a file of age-keygen, and what is typed", async () => {
  const pair = await createKeyPair();
  const file = await Deno.makeTempFile();
  const never = () => Promise.reject(new Error("nobody is asked"));
  try {
    const files = [
      recoverySheet({ ...pair, site: "Hall 3", madeMs: 0 }),
      `# created: 2026-11-28\r\n# public key: ${pair.recipient}\r\n${pair.identity}\r\n`,
    ];
    for (const text of files) {
      await Deno.writeTextFile(file, text);
      assert.equal(await readIdentity(file, never), pair.identity);
    }
    const typed = () => Promise.resolve(`${pair.identity.toLowerCase()}\n`);
    assert.equal(await readIdentity("-", typed), pair.identity);
    await Deno.writeTextFile(file, pair.recipient);
    await assert.rejects(readIdentity(file, never), /in which there is no private key/);
    await assert.rejects(readIdentity(pair.identity, never), /is the private key itself/);
  } finally {
    await Deno.remove(file);
  }
});
