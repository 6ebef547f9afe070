/**
 * Z1 for the live stream: every event type of `STREAM_POLICIES` × every kind of identity, asked for by name
 * and taken as it comes. `SABOTAGE=stream_policy` opens the audit events to every viewer.
 */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { ROLES } from "../../lib/access/identity.ts";
import { STREAM_POLICIES, STREAM_TYPES, type StreamType } from "../../lib/live/stream_types.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { type Asker, askers } from "../support/askers.ts";
import { sabotaged } from "../support/sabotage.ts";
import { EventReader } from "../support/sse.ts";

const tester = systemActor("test");
/** What the table says, before any sabotage. */
const LEAST = { ...STREAM_POLICIES };

/** Written out again, apart from the code under test. */
function mayRead(type: StreamType, asker: Asker): boolean {
  if (asker.role === null || asker.device) return false;
  if (ROLES.indexOf(asker.role) < ROLES.indexOf(LEAST[type])) return false;
  return asker.scope === undefined || (asker.scope === "read" && LEAST[type] !== "admin");
}

async function withApp(run: (under: AppUnderTest) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    await run(under);
  } finally {
    await under.close();
  }
}

/** Types of the events up to the one that says `end`. */
async function typesUntil(reader: EventReader, end: string): Promise<Set<string>> {
  const types = new Set<string>();
  for (;;) {
    const event = await reader.next();
    assert.ok(event !== null, "the stream ended");
    if (event.data.includes(end)) return types;
    if (event.data.includes("marked")) types.add(event.type);
  }
}

Deno.test("stream: every type × identity is sent, left out or refused as its policy says", () =>
  withApp(async (under) => {
    const all = await askers(under);
    if (sabotaged("stream_policy")) (STREAM_POLICIES as Record<string, string>).audit = "viewer";
    const { hub } = under.app.parts();
    let checked = 0;
    for (const [name, asker] of Object.entries(all)) {
      const open = (query: string) =>
        fetch(`${under.url}/api/stream${query}`, { headers: asker.headers });
      for (const type of STREAM_TYPES) {
        const response = await open(`?types=${type}`);
        await response.body?.cancel();
        const known = asker.role !== null || asker.device;
        const expected = mayRead(type, asker) ? 200 : known ? 403 : 401;
        assert.equal(response.status, expected, `${type} asked for by ${name}`);
        checked++;
      }
      const response = await open("");
      const may = STREAM_TYPES.filter((type) => mayRead(type, asker));
      assert.equal(response.ok, may.length > 0, `the stream for ${name}: ${response.status}`);
      if (!response.ok) {
        await response.body?.cancel();
        continue;
      }
      const reader = new EventReader(response.body!);
      for (const type of STREAM_TYPES) hub.publish(type, { marked: name });
      hub.publish("status", { end: true });
      assert.deepEqual([...await typesUntil(reader, '"end"')].sort(), [...may].sort(), name);
      await reader.cancel();
    }
    assert.ok(checked > 100, `${checked} combinations`);
  }));

Deno.test("stream: what was missed is replayed without the types that are not the reader's", () =>
  withApp(async (under) => {
    const all = await askers(under);
    const { hub } = under.app.parts();
    const from = hub.place();
    for (const type of STREAM_TYPES) hub.publish(type, { marked: true });
    hub.publish("status", { end: true });
    const headers = { ...all["viewer with key"].headers, "last-event-id": from };
    const response = await fetch(`${under.url}/api/stream`, { headers });
    const reader = new EventReader(response.body!);
    const seen = await typesUntil(reader, '"end"');
    assert.deepEqual([...seen].sort(), STREAM_TYPES.filter((t) => LEAST[t] === "viewer").sort());
    await reader.cancel();
  }));

Deno.test("stream: admins read the rows of the audit log once they are committed", () =>
  withApp(async (under) => {
    const { access } = under.app.parts();
    const { key } = await access.keys.add({ name: "reader", role: "admin" }, tester);
    const response = await fetch(`${under.url}/api/stream?types=audit`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const reader = new EventReader(response.body!);
    assert.equal((await reader.next())!.type, "hello");
    // Stated and never written: nobody hears of it.
    access.audit.statement({ actor: tester, action: "user.never", resource: "user:x" });
    await access.users.add({ email: "ada@example.org", role: "viewer" }, tester);
    for (;;) {
      const { type, data } = (await reader.next())!;
      assert.equal(type, "audit");
      const row = JSON.parse(data);
      assert.notEqual(row.action, "user.never");
      if (row.action !== "user.add") continue;
      assert.equal(row.after.email, "ada@example.org");
      break;
    }
    await reader.cancel();
  }));

Deno.test("stream: a changed role ends what was opened with the one before", () =>
  withApp(async (under) => {
    const { access } = under.app.parts();
    const email = "ada@example.org";
    const add = (address: string) =>
      access.users.add({ email: address, role: "admin", password: "long enough" }, tester);
    await add("first@example.org");
    const ada = await add(email);
    const pair = await access.signIn.api({ email, password: "long enough", from: tester });
    const headers = { authorization: `Bearer ${pair.access_token}` };
    const open = () => fetch(`${under.url}/api/stream?types=audit`, { headers });
    const reader = new EventReader((await open()).body!);
    await reader.next();
    await access.users.change(ada.id, { role: "viewer" }, tester);
    for (let event = await reader.next(); event !== null; event = await reader.next()) {
      assert.equal(event.type, "audit");
    }
    const again = await open();
    await again.body?.cancel();
    assert.equal(again.status, 403);
  }));
