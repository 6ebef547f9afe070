import assert from "node:assert/strict";
import { nameFault, pathFault } from "./names.ts";

Deno.test("nameFault refuses levels that lead elsewhere in an address, and no others with dots", () => {
  for (const name of ["a/../b", "a/./b", "../a", "a/..", "a/ .. "]) {
    assert.match(nameFault(name)!, /which is no name/, name);
  }
  for (const name of ["a/...", "a/.hidden", "a.b/c..d", "a/..b"]) {
    assert.equal(nameFault(name), null, name);
  }
});

Deno.test("pathFault refuses the same in a machine's path", () => {
  assert.match(pathFault("hall/..")!, /machine's path is "\.\."/);
  assert.equal(pathFault("hall/.1"), null);
});
