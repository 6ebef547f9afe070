/** `perch console` and Perch itself in a real terminal, as a person at the host meets them. */
import assert from "node:assert/strict";
import { ADMIN, assertOthersGoOn, BROKEN, codecSite } from "../support/broken_codec.ts";
import { perchHere } from "../support/command_here.ts";
import { haveCommands } from "../support/commands.ts";
import { perchCommand } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { openTerminal, type Terminal } from "../support/tmux.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

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

/** Nothing runs in it any more, and it is as it was before. */
async function settled(terminal: Terminal): Promise<void> {
  await terminal.see(PROMPT);
  await terminal.type("clear; stty -a | tr ';' '\\n' | grep -ow -e '-*icanon' -e '-*echo'\n");
  assert.match(await terminal.see(/echo\n[#$]$/), /^icanon\necho\n/);
}

Deno.test({
  name:
    "a terminal: Perch started on it shows below its log what is paused; all give it back as it was",
  ignore: !haveTmux,
  fn: () =>
    withDir(async (dataDir) => {
      await using first = await terminalFor(dataDir, { MQTT_PORT: String(freePort()) });
      await first.type("clear; ./perch\n");
      await first.see(/is ready at/, 20_000);
      await using second = await terminalFor(dataDir);
      const opened = async () => {
        await second.type("clear; ./perch console\n");
        await second.see(/Nothing is wrong[^]*s status {3}q quit/);
      };
      await opened();
      await second.press("s");
      await second.see(/Open faults: none\.\nOverall: Healthy\./);
      await second.press("x", "q");
      await settled(second);
      const faults = await perchHere(dataDir, ["console", "--json"]);
      assert.deepEqual([faults.code, faults.out], [0, '{"faults":[]}']);
      await opened();
      Deno.kill(Number(await Deno.readTextFile(`${dataDir}/pid`)), "SIGTERM");
      await settled(second);
      await opened();
      await second.press("C-c");
      await settled(second);

      await Deno.mkdir(`${dataDir}/codecs`);
      await Deno.writeTextFile(`${dataDir}/codecs/x.js`, "export const topics = [;");
      const shown = await first.see(
        /^Fault: codec:x is paused\n[^]*^File +codecs\/x\.js\nLine +1[^]*q quit this view$/m,
      );
      assert.match(shown, /WARN {2}faults: codecs\/x\.js cannot be loaded[^]*^Fault: /m);
      await first.resize(50, 16);
      const narrow = await first.see(/^Fault: [^]*s status\nq quit this view$/m);
      assert.ok(narrow.includes("codecs/x.js, line 1"), narrow);
      const json = await perchHere(dataDir, ["console", "--json"]);
      assert.equal(json.code, 1);
      assert.deepEqual(
        JSON.parse(json.out).faults.map(({ component, paused }: Json) => [component, paused]),
        [["codec:x", true]],
      );
      await first.press("Enter");
      await first.see(/codec:x was paused again at once/);
      await first.press("q");
      await first.see(/its faults again$/);
      await second.type("clear; ./perch console\n");
      await second.see(/Fault: codec:x/);
      await first.press("C-c");
      await settled(first);
      await second.see(/No Perch runs on|does not answer/);
      await second.press("q");
      await settled(second);
    }),
});

Deno.test({
  name: "perch console: a broken codec is shown, corrected after a sign-in, and nothing is lost",
  ignore: !haveTmux,
  fn: () =>
    withDir(async (dataDir) => {
      await using site = await codecSite(dataDir);
      await using terminal = await terminalFor(dataDir);
      await terminal.type("clear; ./perch console\n");
      await terminal.see(/Nothing is wrong/);
      await until("readings", async () => (await site.stored()).pumps > 20 || null);

      await site.break();
      const shown = await terminal.see(/Corrected code/, 5_000);
      assert.match(shown, /^Fault: codec:pumps is paused, \d+ messages? waits?$/m);
      for (
        const fact of ["Type       syntax_error", "File       codecs/pumps.js", "Line       5"]
      ) {
        assert.ok(shown.includes(fact), `${fact} is not in\n${shown}`);
      }
      assert.match(shown, /^ *5 \+ .*\n.* … .*\}\];$/m);
      for (const line of shown.split("\n")) assert.ok(line.length < 80, line);
      await assertOthersGoOn(site);

      await terminal.press("r");
      await terminal.see(/This is proposed by|There is no safe proposal/);
      await terminal.press("a");
      await terminal.see(/Apply this to codecs\/pumps\.js\?[^]*^\+ /m);
      await terminal.press("Enter");
      await terminal.type(`${ADMIN.email}\n`);
      await terminal.see(/Password +_/);
      await terminal.type("not these words\n");
      await terminal.see(/Address or password is wrong/);
      assert.equal((await site.files()).text, BROKEN);
      await terminal.type(`${ADMIN.email}\n${ADMIN.password}\n`);
      const applied = await terminal.see(/codecs\/pumps\.js is corrected/);
      assert.ok(!applied.includes(ADMIN.password));

      await site.assertAllArrived();
      assert.deepEqual((await site.files()).kept, [BROKEN]);
      const { items } = await site.api("/api/audit");
      const approved = items.find(({ action }: Json) => action === "correction.approved");
      assert.equal(approved.actor.name, ADMIN.email);

      // It is still watched: what comes now it cannot read, so it goes back by itself.
      await site.garbage();
      await terminal.see(/was rolled back: /);
      assert.equal((await site.files()).text, BROKEN);
    }),
});
