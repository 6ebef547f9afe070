/**
 * `perch serve` with a decoder that ends the process at a message that begins with POISON, as one that runs out of
 * memory does: without a word. Everything else is the real thing. `SABOTAGE=poison`: it forgets at each start what it was reading.
 */
import "../../lib/base/denied_env.ts";
import { VARIABLE_NAMES } from "../../lib/base/variables.ts";
import { runPerch } from "../../lib/cli/run.ts";
import { processTerminal } from "../../lib/cli/terminal.ts";
import { sabotaged } from "./sabotage.ts";

const POISON = new TextEncoder().encode("POISON");
const { decode } = TextDecoder.prototype;
TextDecoder.prototype.decode = function (input, options) {
  if (input instanceof Uint8Array && POISON.every((byte, i) => input[i] === byte)) {
    Deno.kill(Deno.pid, "SIGKILL");
    // The signal comes while this waits.
    for (;;);
  }
  return decode.call(this, input, options);
};

if (sabotaged("poison")) {
  await Deno.remove(`${Deno.env.get("PERCH_DATA")}/inflight.notes`).catch(() => {});
}

const env = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]));
Deno.exit(await runPerch(["serve"], { terminal: processTerminal(), env, cwd: Deno.cwd() }));
