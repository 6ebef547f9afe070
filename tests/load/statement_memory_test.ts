/**
 * Nothing stays of a statement: the runtime keeps some fifty bytes of each one that is prepared and of each answer
 * with rows, which is why the driver prepares once and reads a first row alone where that is enough. Control:
 * SABOTAGE=statement_memory runs them with the client, which does neither.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ROOT } from "../support/perch.ts";

const MOST_BYTES = 12;

Deno.test("storage: transactions, empty answers and single rows leave no memory behind", async () => {
  const child = fileURLToPath(new URL("./statement_memory_child.ts", import.meta.url));
  const flags = ["--no-check", "--v8-flags=--expose-gc", "--config", `${ROOT}deno.json`, "-A"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, child],
  }).output();
  const bytes = Number(new TextDecoder().decode(stdout).trim() || NaN);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes each ${new TextDecoder().decode(stderr)}`);
});
