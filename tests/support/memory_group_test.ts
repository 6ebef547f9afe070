import assert from "node:assert/strict";
import { haveMemoryGroups, memoryGroup } from "./memory_group.ts";

Deno.test({
  name:
    "a group bounds the memory of what runs in it, and says what was ended and how much it took",
  ignore: !haveMemoryGroups(),
}, async () => {
  await using bounded = memoryGroup(60)!;
  const run = async (megabytes: number) => {
    // `tail` keeps all of a line without an end.
    const work = `head -c ${megabytes}M /dev/zero | tail -n 1 >/dev/null`;
    const [command, ...args] = [...bounded.under, "sh", "-c", work];
    return await new Deno.Command(command, { args }).output();
  };
  assert.equal((await run(20)).success, true);
  const { peakMb, kills } = bounded.counts();
  assert.ok(peakMb > 20 && peakMb < 60, `${peakMb} MB`);
  assert.equal(kills, 0);
  assert.equal((await run(200)).success, false);
  assert.ok(bounded.counts().kills >= 1);
  assert.ok(bounded.counts().peakMb <= 60);
});
