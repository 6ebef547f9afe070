import assert from "node:assert/strict";
import { confirmSite, siteToType } from "./confirm_site.ts";

const own = { id: "k3", name: "Plant 2" };
const head = (site: string, name: string) => ({ site, name });

Deno.test("siteToType: the own name, unless the file is of another site, whatever that calls itself", () => {
  const cases = [
    [null, "Plant 2", false],
    [head("k3", "Formerly plant 1"), "Plant 2", false],
    [head("x9", "Plant 1"), "Plant 1", true],
    // The same name is another site all the same.
    [head("x9", "Plant 2"), "Plant 2", true],
    [head("x9", "\u202e\n"), "x9", true],
    [head("", " "), "Plant 2", true],
    [head("x9", "a\u0000b\n<b>"), "a b <b>", true],
    [head("x9", "n".repeat(500)), "n".repeat(200), true],
  ] as const;
  for (const [file, name, foreign] of cases) {
    assert.deepEqual(siteToType(file, own), { name, foreign }, JSON.stringify(file));
  }
});

Deno.test("confirmSite: nothing but the name will do, and the sentence says it", () => {
  const other = siteToType(head("x9", "Plant 1"), own);
  for (const typed of ["", "Plant 2", "plant 1", "Plant"]) {
    assert.throws(() => confirmSite(typed, other), /the other site that the file is from, Plant 1/);
  }
  assert.throws(() => confirmSite("Plant 1", siteToType(null, own)), /name of this site, Plant 2/);
  confirmSite(" Plant  1 ", other);
  confirmSite("Plant 2", siteToType(null, own));
});
