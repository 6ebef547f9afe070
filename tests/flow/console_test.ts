/** `perch console` and Perch itself in a real terminal, as a person at the host meets them. */
import assert from "node:assert/strict";
import { perchHere } from "../support/command_here.ts";
import { haveCommands } from "../support/commands.ts";
import { perchCommand, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { openTerminal, type Terminal } from "../support/tmux.ts";

const haveTmux = haveCommands({ tmux: "tmux" });

/** Of the shell: nothing runs. */
const PROMPT = /\n[#$]$/;

/** A terminal in which `./perch` is Perch on that directory. */
async function terminalFor(dataDir: string, env: Record<string, string> = {}): Promise<Terminal> {
  const [command, args] = perchCommand(undefined, []);
  const words = [command, ...args].map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${dataDir}/perch`, `#!/bin/sh\necho $$ > pid\nexec ${words} "$@"\n`, {
    mode: 0o755,
  });
  return await openTerminal({
    cwd: dataDir,
    env: { PERCH_DATA: dataDir, PERCH_HOST: "127.0.0.1", PERCH_PORT: "0", ...env },
  });
}

async function withDir(use: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-console-" });
  try {
    await use(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("perch console without a terminal or without a Perch says what is possible, and does nothing", async () => {
  await withDir(async (dataDir) => {
    const piped = await perchHere(dataDir, ["console"]);
    assert.equal(piped.code, 2);
    assert.match(piped.err, /^perch console needs a terminal .* perch console --json prints/);
    const alone = await perchHere(dataDir, ["console", "--json"]);
    assert.equal(alone.code, 1);
    assert.match(alone.err, /^No Perch runs on .*perch serve starts one\.$/);
    assert.equal(JSON.parse(alone.out).error.code, "unavailable");
    assert.deepEqual([...Deno.readDirSync(dataDir)], []);
  });
});

Deno.test({
  name:
    "perch console gives the terminal back as it was: by q, Ctrl-C, SIGTERM, and a Perch that ends",
  ignore: !haveTmux,
  fn: () =>
    withDir(async (dataDir) => {
      const perch = await startPerch({ dataDir, env: { MQTT_PORT: String(freePort()) } });
      await using terminal = await terminalFor(dataDir);
      const settled = async () => {
        await terminal.see(PROMPT);
        await terminal.type("clear; stty -a | tr ';' '\\n' | grep -ow -e '-*icanon' -e '-*echo'\n");
        assert.match(await terminal.see(/echo\n[#$]$/), /^icanon\necho\n/);
      };
      try {
        const faults = await perchHere(dataDir, ["console", "--json"]);
        assert.deepEqual([faults.code, faults.out], [0, '{"faults":[]}']);
        const opened = async () => {
          await terminal.type("clear; ./perch console\n");
          await terminal.see(/Nothing is wrong[^]*s status {3}q quit/);
        };
        await opened();
        await terminal.press("s");
        await terminal.see(/Open faults: none\.\nOverall: Healthy\./);
        await terminal.press("x", "q");
        await settled();
        await opened();
        await terminal.press("C-c");
        await settled();
        await opened();
        Deno.kill(Number(await Deno.readTextFile(`${dataDir}/pid`)), "SIGTERM");
        await settled();
        await opened();
        await perch.stop();
        await terminal.see(/No Perch runs on|does not answer/);
        await terminal.press("q");
        await settled();
      } finally {
        await perch.kill();
      }
    }),
});
