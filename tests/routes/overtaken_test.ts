/** Somebody else changed it since it was read: what API clients and people at pages are told. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";

type Who = "Ada" | "Ben";
interface Site {
  /** As one of two admins. */
  ask(who: Who, method: string, path: string, body?: unknown, seen?: string): Promise<Response>;
  // deno-lint-ignore no-explicit-any
  did(who: Who, method: string, path: string, body?: unknown): Promise<any>;
  /** A page's form as it was filled in by the server, by what it posts to. */
  form(path: string, action: string, about?: string): Promise<URLSearchParams>;
  send(action: string, fields: URLSearchParams): Promise<{ status: number; text: string }>;
}

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const under: AppUnderTest = await startApp({ OUTGOING_NETWORKS: "127.0.0.0/8" });
  const { access } = under.app.parts();
  const keyOf = async (name: Who) =>
    (await access.keys.add({ name, role: "admin" }, systemActor("test"))).key;
  const keys = { Ada: await keyOf("Ada"), Ben: await keyOf("Ben") };
  const ask: Site["ask"] = (who, method, path, body, seen) =>
    fetch(under.url + path, {
      method,
      headers: {
        authorization: `Bearer ${keys[who]}`,
        ...(seen === undefined ? {} : { "perch-seen": seen }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const page = (path: string, init: RequestInit = {}) =>
    fetch(under.url + path, {
      redirect: "manual",
      ...init,
      headers: { authorization: `Bearer ${keys.Ada}`, accept: "text/html", ...init.headers },
    });
  try {
    await run({
      ask,
      async did(who, method, path, body) {
        const answer = await ask(who, method, path, body);
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${path}: ${text}`);
        return text === "" ? null : JSON.parse(text);
      },
      form: async (path, action, about = "") =>
        fieldsOf(await (await page(path)).text(), action, about),
      async send(action, fields) {
        const headers = { "content-type": "application/x-www-form-urlencoded" };
        const answer = await page(action, { method: "POST", headers, body: fields.toString() });
        return { status: answer.status, text: plain(await answer.text()) };
      },
    });
  } finally {
    await under.close();
  }
}

/** What a browser would send of the page's form that posts to `action` and holds `about`, nothing typed. */
function fieldsOf(html: string, action: string, about: string): URLSearchParams {
  const form = html.split("<form").slice(1).map((part) => part.split("</form>")[0])
    .find((part) =>
      part.includes(` method="post"`) &&
      part.includes(` action="${action}"`) && part.includes(about)
    );
  assert.ok(form !== undefined, `no form posts to ${action}`);
  const out = new URLSearchParams();
  for (const [tag] of form.matchAll(/<input [^>]*>/g)) {
    const at = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
    const name = at("name");
    if (name === undefined || (at("type") === "checkbox" && !/ checked/.test(tag))) continue;
    out.append(name, plain(at("value") ?? (at("type") === "checkbox" ? "on" : "")));
  }
  for (const [, name, text] of form.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)/g)) {
    out.append(name, plain(text));
  }
  for (
    const [, name, options] of form.matchAll(/<select [^>]*name="([^"]*)"[^>]*>(.*?)<\/select/g)
  ) {
    const chosen = /<option selected[^>]* value="([^"]*)"|<option [^>]*value="([^"]*)" selected/
      .exec(options);
    const first = /<option [^>]*value="([^"]*)"/.exec(options);
    out.append(name, plain(chosen?.[1] ?? chosen?.[2] ?? first?.[1] ?? ""));
  }
  return out;
}

function plain(html: string): string {
  return html.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}

const rule = { name: "Nights", recipients: [{ channel: "*" }] };

Deno.test("Perch-Seen: who goes by what they read is told of a change since; without it the last one wins", () =>
  withSite(async ({ ask, did }) => {
    const { id } = await did("Ada", "POST", "/api/rules", rule);
    const path = `/api/rules/${id}`;
    const read = await ask("Ada", "GET", path);
    await read.body?.cancel();
    const seen = read.headers.get("perch-seen")!;
    assert.match(seen, /^\d+$/);
    await did("Ben", "POST", "/api/rules", { ...rule, name: "Another" });
    const own = await ask("Ada", "PATCH", path, { name: "First" }, seen);
    await own.body?.cancel();
    assert.equal(own.status, 200, "another rule was changed, not this one");
    const mine = own.headers.get("perch-seen")!;
    const next = await ask("Ada", "PATCH", path, { name: "Second" }, mine);
    await next.body?.cancel();
    assert.equal(next.status, 200, "one's own change is known");
    await did("Ben", "PATCH", path, { name: "Ben's" });
    const late = await ask("Ada", "PATCH", path, { name: "Third" }, seen);
    assert.equal(late.status, 409);
    assert.equal(late.headers.get("content-type"), "application/problem+json");
    const { detail, faster } = await late.json();
    assert.match(detail, /^Ben changed this at \d\d:\d\d:\d\d: name “Second” → “Ben's”\./);
    assert.equal(faster.by, "Ben");
    assert.ok(Math.abs(Date.now() - faster.at_ms) < 60_000);
    await did("Ada", "PATCH", path, { name: "Fourth" });
    assert.equal((await did("Ada", "GET", path)).name, "Fourth");
    await did("Ben", "DELETE", path);
    const gone = await ask("Ada", "PATCH", path, { name: "Fifth" }, mine);
    assert.match((await gone.json()).detail, /^Ben deleted this at /);
    const wrong = await ask("Ada", "PATCH", path, { name: "x" }, "soon");
    assert.equal(wrong.status, 400);
    assert.match((await wrong.json()).detail, /Perch-Seen is "soon"/);
  }));

interface Form {
  name: string;
  /** Makes the thing: the page, what its form posts to, and how Ben changes it by the API. */
  make(site: Site): Promise<{
    page: string;
    action: string;
    /** What only this form on the page holds. */
    about?: string;
    change: [string, string, unknown];
  }>;
  /** A field of the form, and what Ada types there. */
  field: string;
  typed: string;
}

const FORMS: Form[] = [
  {
    name: "machine",
    async make({ did }) {
      const { id, path } = await did("Ada", "POST", "/api/machines", { path: "hall/press" });
      const page = `/machines/${path}`;
      return {
        page,
        action: "/machines/change",
        change: ["PATCH", `/api/machines/${id}`, { notes: "Ben's" }],
      };
    },
    field: "notes",
    typed: "grease <weekly> & listen",
  },
  {
    name: "sensor",
    async make({ did }) {
      const { id } = await did("Ada", "POST", "/api/sensors", { name: "hall/press/load" });
      const page = `/sensor-settings/${id}`;
      return {
        page,
        action: "/sensor-settings/change",
        change: ["PATCH", `/api/sensors/${id}`, { warning_high: 80 }],
      };
    },
    field: "critical_high",
    typed: "91.25",
  },
  {
    name: "rule",
    async make({ did }) {
      const { id } = await did("Ada", "POST", "/api/rules", rule);
      const page = `/settings/rules/${id}`;
      return { page, action: page, change: ["PATCH", `/api/rules/${id}`, { name: "Ben's" }] };
    },
    field: "name",
    typed: "Nights & weekends",
  },
  {
    name: "setting",
    make: () =>
      Promise.resolve({
        page: "/settings?section=alarms",
        action: "/settings/save",
        change: ["PATCH", "/api/settings/alarms.repeat_minutes", { value: 9 }],
      }),
    field: "alarms.repeat_minutes",
    typed: "17",
  },
  {
    name: "person",
    async make({ did }) {
      const person = { email: "carl@example.org", role: "viewer", password: "long enough" };
      const { id } = await did("Ada", "POST", "/api/users", person);
      return {
        page: "/people",
        action: "/people/role",
        about: `value="${id}"`,
        change: ["PATCH", `/api/users/${id}`, { name: "C" }],
      };
    },
    field: "role",
    typed: "engineer",
  },
];

for (const { name, make, field, typed } of FORMS) {
  Deno.test(`pages: the form of a ${name} that Ben changed meanwhile comes back with what Ada typed`, () =>
    withSite(async (site) => {
      const { page, action, about, change: [method, path, body] } = await make(site);
      const fields = await site.form(page, action, about);
      assert.match(fields.get("seen") ?? "", /^\d+$/);
      fields.set(field, typed);
      await site.did("Ben", method, path, body);
      const refused = await site.send(action, fields);
      assert.equal(refused.status, 409, refused.text.slice(0, 500));
      assert.match(refused.text, /Ben changed this at \d\d:\d\d:\d\d: /);
      assert.ok(refused.text.includes(typed), "what was typed is there");
      // The page that came back shows what is there now: sent again, it counts.
      const again = await site.form(page, action, about);
      again.set(field, typed);
      assert.equal((await site.send(action, again)).status, 303);
      await site.did("Ben", method, path, body);
    }));
}

Deno.test("pages: what was typed is shown even where the page itself was deleted meanwhile", () =>
  withSite(async ({ did, form, send }) => {
    const { id } = await did("Ada", "POST", "/api/rules", rule);
    const page = `/settings/rules/${id}`;
    const fields = await form(page, page);
    fields.set("name", "Nights at the old press");
    await did("Ben", "DELETE", `/api/rules/${id}`);
    const { status, text } = await send(page, fields);
    assert.equal(status, 409);
    assert.match(text, /Ben deleted this at /);
    assert.ok(text.includes("Nights at the old press"));
  }));

Deno.test("pages: a form that is sent twice by a double click is done once, and both are answered as done", () =>
  withSite(async ({ did, form, send, ask }) => {
    const { id, path } = await did("Ada", "POST", "/api/machines", { path: "hall/press" });
    const fields = await form(`/machines/${path}`, "/machines/change");
    fields.set("notes", "grease weekly");
    const [first, second] = await Promise.all([
      send("/machines/change", fields),
      send("/machines/change", fields),
    ]);
    assert.deepEqual([first.status, second.status], [303, 303], second.text.slice(0, 300));
    assert.equal((await send("/machines/change", fields)).status, 303, "just after, too");
    const log = await (await ask("Ada", "GET", "/api/audit?action=machine.update")).json();
    assert.equal(log.items.length, 1, "it was done once");
    // What Ben does meanwhile is still not overwritten by something else of hers.
    await did("Ben", "PATCH", `/api/machines/${id}`, { notes: "Ben's" });
    fields.set("notes", "grease daily");
    assert.equal((await send("/machines/change", fields)).status, 409);
  }));

Deno.test("pages: a rule that is added by a double click is there once", () =>
  withSite(async ({ form, send, ask }) => {
    const fields = await form("/settings/rules", "/settings/rules");
    fields.set("name", "Twice");
    fields.set("to.channel.*", "on");
    const both = await Promise.all([
      send("/settings/rules", fields),
      send("/settings/rules", fields),
    ]);
    assert.deepEqual(both.map(({ status }) => status), [303, 303], both[1].text.slice(0, 300));
    const { items } = await (await ask("Ada", "GET", "/api/rules")).json();
    assert.equal(items.filter((one: { name: string }) => one.name === "Twice").length, 1);
  }));
