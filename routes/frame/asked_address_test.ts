import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { addressToAsk } from "./asked_address.ts";

Deno.test("addressToAsk: an address that is closed, or a name that nobody knows, keeps no page away", async () => {
  const clock = fakeClock();
  const asked = (asks: () => Promise<string | null>) => addressToAsk({ asks }, "4fk2", clock);
  assert.equal(await asked(() => Promise.resolve("192.168.1.20:554")), "192.168.1.20:554");
  const closed = () => Promise.reject(new PerchError("validation", "options.url: closed"));
  assert.equal(await asked(closed), null);
  const waiting = asked(() => new Promise(() => {}));
  await clock.advance(2_000);
  assert.equal(await waiting, null);
});
