import assert from "node:assert/strict";
import { BOARDS, expectedOf, sysTree } from "../../../tests/support/sys_tree.ts";
import { systemClock } from "../../base/clock.ts";
import { inputSettingsShape } from "./driver.ts";
import { DRIVERS } from "./drivers/mod.ts";

/** Without waiting where a sensor wants a pause. */
const clock = { ...systemClock(), sleep: () => Promise.resolve() };

for (const board of BOARDS) {
  Deno.test(`hardware: what is there on a ${board}, and what each channel reads`, async () => {
    await using tree = await sysTree(board);
    const host = { files: tree.files, clock };
    const seen: string[] = [];
    for (const driver of DRIVERS) {
      const { channels, notes } = await driver.find(host);
      for (const note of notes) seen.push(`note ${note}`);
      for (const channel of channels.filter(({ quiet }) => quiet !== true)) {
        const reader = driver.open(host, channel, inputSettingsShape.parse({}), null);
        const read = await reader.read(null);
        const what = "value" in read
          ? String(read.value)
          : `! ${read.fault.kind}: ${read.fault.text}`;
        seen.push(`${channel.id} | ${channel.title} | ${channel.unit ?? "-"} | ${what}`);
      }
      const quiet = channels.filter((one) => one.quiet);
      if (quiet.length > 0) seen.push(`${quiet[17].id} | ${quiet[17].title} | ${quiet[17].at}`);
    }
    assert.deepEqual(seen, await expectedOf(board));
  });
}
