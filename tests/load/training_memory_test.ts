/** Nothing of a training stays when its worker has ended. Control: SABOTAGE=training_memory keeps 0.3 MB of each. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ROOT } from "../support/perch.ts";

const MOST_MB = 10;

Deno.test("training: eighty models later the process is no larger", async () => {
  const child = fileURLToPath(new URL("./training_memory_child.ts", import.meta.url));
  const flags = ["--no-check", "--v8-flags=--expose-gc", "--config", `${ROOT}deno.json`, "-A"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, child],
  }).output();
  const grownMb = Number(new TextDecoder().decode(stdout).trim() || NaN);
  assert.ok(grownMb <= MOST_MB, `grew by ${grownMb} MB ${new TextDecoder().decode(stderr)}`);
});
