/** An approval at the console: by whom, of what, and how often. */
import assert from "node:assert/strict";
import { TOTP } from "otpauth";
import { systemActor } from "../../lib/access/audit_row.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Approval } from "../../lib/cli/console/view.ts";
import { createControl } from "../../lib/cli/create_control.ts";
import { startApp } from "../support/app.ts";
import { BROKEN } from "../support/script_faults/site.ts";
import { until } from "../support/until.ts";

const PASSWORD = "words that nobody else has";

Deno.test("perch console: only an admin who proves it approves, exactly what was shown, once", async () => {
  const under = await startApp();
  try {
    const parts = under.app.parts();
    const { access, scripts } = parts;
    const test = systemActor("test");
    const add = (email: string, role: "admin" | "engineer") =>
      access.users.add({ email, role, password: PASSWORD }, test);
    await add("keeper@example.org", "admin");
    const admin = await add("ana@example.org", "admin");
    await add("eve@example.org", "engineer");
    const gone = await add("gone@example.org", "admin");
    await access.users.change(gone.id, { state: "disabled" }, test);
    const { secret } = await access.secondFactor.enrol(admin);
    const codes = await access.secondFactor.confirm(
      admin,
      new TOTP({ secret }).generate(),
      test,
    );

    const file = `${under.dataDir}/codecs/pump.js`;
    await Deno.mkdir(`${under.dataDir}/codecs`);
    await Deno.writeTextFile(file, BROKEN);
    await scripts.look();
    const control = createControl(parts, { broker: { host: "127.0.0.1" } });
    const shown = await until("the proposal", async () => {
      const [fault] = await control.openFaults();
      return fault?.proposal ? { fault: fault.id, ...fault.proposal } : null;
    });
    const { fault, id: proposal, diff_hash: diffHash } = shown;
    const right = { fault, proposal, diffHash, email: "ana@example.org", password: PASSWORD };
    const refused = async (given: Partial<Approval>): Promise<string> => {
      const error = await control.applyCorrection({ ...right, ...given }).then(
        () => assert.fail(`${JSON.stringify(given)} was taken`),
        (error) => error,
      );
      assert.ok(error instanceof PerchError, String(error));
      assert.equal(await Deno.readTextFile(file), BROKEN);
      return `${error.code} ${error.errors.map(({ path }) => path)}: ${error.message}`;
    };

    const wrong = await refused({ password: "guessed words" });
    assert.equal(wrong, "unauthenticated : Address or password is wrong.");
    for (const email of ["nobody@example.org", "gone@example.org", ""]) {
      assert.equal(await refused({ email }), wrong);
    }
    assert.match(await refused({ email: "eve@example.org" }), /^forbidden /);
    assert.match(await refused({}), /^unauthenticated code: A code/);
    assert.match(await refused({ code: "000000" }), /^unauthenticated code: This code/);
    const [first, second, third, fourth] = codes;
    const other = `${diffHash[0] === "0" ? "1" : "0"}${diffHash.slice(1)}`;
    assert.match(await refused({ code: first, diffHash: other }), /^conflict .*not the change/);
    assert.match(await refused({ code: second, proposal: proposal + 1 }), /^conflict .*look at it/);

    const applied = await control.applyCorrection({ ...right, code: third });
    assert.match(applied.text, /^codecs\/pump\.js is corrected; what was there is kept/);
    const after = await Deno.readTextFile(file);
    assert.notEqual(after, BROKEN);
    await assert.rejects(
      control.applyCorrection({ ...right, code: fourth }),
      { code: "conflict" },
    );
    const { items } = await access.audit.list({ action: "correction.approved" });
    assert.deepEqual(items.map(({ actor }) => [actor.kind, actor.name]), [
      ["user", "ana@example.org"],
    ]);
    const [now] = await control.openFaults();
    assert.match(now.instead!, /is in place and being watched/);
  } finally {
    await under.close();
  }
});
