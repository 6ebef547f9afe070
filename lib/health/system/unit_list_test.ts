import assert from "node:assert/strict";
import { parseUnits, readUnitList } from "./unit_list.ts";

const own = Deno.uid()!;

Deno.test("readUnitList follows a list only when root owns it and nobody else writes it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-units-" });
  const path = `${folder}/units`;
  assert.deepEqual(await readUnitList(path, own), { units: [], trouble: null });
  await Deno.writeTextFile(path, "nginx.service\n", { mode: 0o644 });
  assert.deepEqual((await readUnitList(path, own)).units, ["nginx.service"]);
  const foreign = await readUnitList(path, own + 1);
  assert.deepEqual(foreign.units, []);
  assert.match(foreign.trouble!, /units is not followed: it does not belong to root/);
  for (const mode of [0o664, 0o646, 0o666]) {
    await Deno.chmod(path, mode);
    const open = await readUnitList(path, own);
    assert.deepEqual(open.units, [], mode.toString(8));
    assert.match(open.trouble!, /others than root can write it/);
  }
  assert.match((await readUnitList(folder, own)).trouble!, /is not followed/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("parseUnits takes names of units and nothing that could be a path or a command", () => {
  const parse = (text: string) => parseUnits("/etc/perch/units", text);
  assert.deepEqual(parse("# remark\n\n nginx  # proxy\na@b.service\nnginx.service\nx.timer\n"), {
    units: ["nginx.service", "a@b.service", "x.timer"],
    trouble: null,
  });
  for (
    const line of ["/bin/sh", "a b.service", "reboot.target", "$(id)", "../x.service", "é.service"]
  ) {
    const { units, trouble } = parse(`${line}\nnginx\n`);
    assert.deepEqual(units, ["nginx.service"], line);
    assert.match(trouble!, /^\/etc\/perch\/units, line 1: /, line);
  }
  assert.match(parse("perch").trouble!, /systemd itself restarts Perch/);
  assert.equal(parse(Array.from({ length: 200 }, (_, i) => `u${i}`).join("\n")).units.length, 100);
});
