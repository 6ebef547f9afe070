/** `GET /api/search` and what it leads to: everything that has a name, and only what the caller may open. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Audited } from "../../lib/events/audit_change.ts";
import type { Role } from "../../lib/access/identity.ts";
import { decide } from "../../lib/access/policy.ts";
import type { Hit } from "../../lib/search/hit.ts";
import { PLACES, routeOfPlace } from "../../routes/frame/places.ts";
import { startApp } from "../support/app.ts";
import { runApp } from "../support/app_client.ts";
import { oneOfEach } from "../support/one_of_each.ts";

const tester = systemActor("test");

Deno.test("GET /api/search: everything that has a name is found by its words, by who may open it", async () => {
  const app = await runApp();
  try {
    const { access, machines, tickets, cameras } = app.parts;
    await app.ingest([
      { machine: "hall-2/press-3", sensor: "temperature", value: 20 },
      { machine: "hall-2/press-3", sensor: "oil_level", value: 80 },
      { machine: "hall-2/mixer", sensor: "temperature", value: 20 },
    ]);
    const audited: Audited = (change) => access.audit.statement({ actor: tester, ...change });
    const press = app.parts.registry.machines.find("hall-2/press-3")!;
    await machines.patchMachine(press.id, { tags: ["hydraulic"] }, audited);
    await access.users.add(
      { email: "mia@example.org", name: "Mia Hofer", role: "viewer", password: "long enough" },
      tester,
    );
    await tickets.tickets.create(
      { title: "Change the gasket" },
      { name: "test", audited },
    );
    await tickets.tickets.create(
      { title: "Look after the noise", machine: press.id },
      { name: "test", audited },
    );
    await app.ask("/api/alarms", {
      method: "POST",
      role: "engineer",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ machine: "hall-2/press-3", severity: "info", text: "it squeaks" }),
    });
    await cameras.add(
      { name: "Loading bay", kind: "file", options: { file: "x.mp4" }, enabled: false },
      audited,
    );
    const found = async (q: string, role: Role = "viewer", more = "") => {
      const answer = await app.ask(`/api/search?q=${encodeURIComponent(q)}${more}`, { role });
      assert.equal(answer.status, 200, await answer.clone().text());
      return (await answer.json()).items as Hit[];
    };
    const first = async (q: string, role: Role = "viewer") => {
      const [hit] = await found(q, role);
      return hit === undefined ? undefined : `${hit.kind}: ${hit.title}`;
    };
    for (
      const [q, expected, role] of [
        ["Press 3", "machine: Press 3"],
        ["press3", "machine: Press 3"],
        ["hall-2/press-3", "machine: Press 3"],
        ["press-3 temp", "sensor: Press 3 temperature"],
        ["oil level", "sensor: Press 3 oil level"],
        ["oil levle", "sensor: Press 3 oil level"],
        ["hydraulic temperature", "sensor: Press 3 temperature"],
        ["hall 2", "area: Hall 2"],
        ["gasket", "ticket: T-1 Change the gasket"],
        ["gaskat", "ticket: T-1 Change the gasket"],
        ["T-1", "ticket: T-1 Change the gasket"],
        ["loading", "camera: Loading bay"],
        ["keep minutes", "setting: Keep minutes for"],
        ["maintenance windows", "page: Maintenance windows"],
        ["audit log", "page: Audit log", "admin"],
        ["mia hofer", "person: Mia Hofer", "admin"],
        ["raspberry", "guide: Install on a Raspberry Pi"],
        ["from a script", "guide: Find anything: From a script"],
      ] as [string, string, Role?][]
    ) {
      assert.equal(await first(q, role), expected, q);
    }
    // Nobody is told of what they may not open, by no kind and by no wrong letter.
    for (const q of ["mia hofer", "mia hofar", "audit log", "people"]) {
      for (const role of ["viewer", "engineer"] as const) {
        const titles = (await found(q, role, "&limit=100")).map(({ kind, title }) =>
          `${kind}: ${title}`
        );
        const secret = titles.filter((one) => /^(person|page: (Audit|People|Keys))/.test(one));
        assert.deepEqual(secret, [], `${role}: ${q}`);
      }
    }
    // Name and number written together: the machine, and all that is about it.
    for (const q of ["press3", "Press 3"]) {
      assert.deepEqual(
        new Set((await found(q, "viewer", "&limit=60")).map(({ kind }) => kind)),
        new Set(["machine", "sensor", "alarm", "ticket"]),
        q,
      );
    }
    const people = await found("temperature", "viewer", "&kind=sensor");
    assert.deepEqual(people.map(({ kind }) => kind), ["sensor", "sensor"]);
    assert.deepEqual(await found("%"), []);
    assert.equal((await app.ask("/api/search")).status, 400);
    assert.equal((await fetch(`${app.url}/api/search?q=press`)).status, 401);

    // What is found is there.
    const { key } = await access.keys.add({ name: "admin", role: "admin" }, tester);
    for (const q of ["press", "hydraulic", "hall", "gasket", "loading", "mia", "grafana"]) {
      for (const { url } of await found(q, "admin")) {
        const answer = await fetch(app.url + url, { headers: { authorization: `Bearer ${key}` } });
        await answer.body?.cancel();
        assert.equal(answer.status, 200, `${q}: ${url}`);
      }
    }
    const page = await (await app.ask("/search?q=press+3")).text();
    assert.match(page, /<h2 id="found-machine">Machines<\/h2>/);
    assert.match(page, /href="\/events\?q=press\+3"/);
  } finally {
    await app.stop();
  }
});

Deno.test("places: each is the page of a route, and every page that is opened by its name is a place", async () => {
  const app = await runApp();
  try {
    const routes = app.routes();
    for (const place of PLACES) assert.ok(routeOfPlace(routes, place), place.href);
    const known = new Set(PLACES.map(({ href }) => href.split("?")[0]));
    const admin = { kind: "user", role: "admin", scopes: null } as Parameters<typeof decide>[2];
    const missing = routes.filter(({ method, path, policy, summary }) =>
      method === "get" && summary === null && !path.includes(":") && !path.includes("*") &&
      policy !== "public" && decide(policy, "get", admin, false).allow && !known.has(path) &&
      !ELSEWHERE.includes(path)
    ).map(({ path }) => path);
    assert.deepEqual(missing, []);

    // What is not in the navigation says above what it stands.
    await app.ingest([{ machine: "press", sensor: "temperature", value: 20 }]);
    const unmarked = [];
    for (const { href } of PLACES) {
      const page = await app.ask(href, { role: "admin", headers: { accept: "text/html" } });
      const html = await page.text();
      if (!page.headers.get("content-type")!.startsWith("text/html")) continue;
      const [nav] = /<nav class="nav".*?<\/nav>/s.exec(html) ?? [];
      // For those who did not sign in, too, or not there: without navigation.
      if (nav === undefined || page.status !== 200) continue;
      const top = nav.includes(`href="${href.split("?")[0]}"`);
      if (!top && !html.includes('class="crumbs"')) unmarked.push(href);
    }
    assert.deepEqual(unmarked, []);
  } finally {
    await app.stop();
  }
});

/** Steps of what begins on a place, and what programs read under another name. */
const ELSEWHERE = [
  "/settings/backups/restore",
  "/settings/scripts/new",
  "/import/look",
  "/commands/history",
  "/dashboards/pin",
  "/hardware/input",
  "/api/alerts",
];

Deno.test("every list has a filter that works without script", async () => {
  // Channels may call this host.
  const app = await startApp({ OUTGOING_NETWORKS: "127.0.0.0/8" });
  try {
    await oneOfEach(app, "admin@example.org");
    const { access, storage: { db } } = app.app.parts();
    const { key } = await access.keys.add({ name: "looks", role: "admin" }, tester);
    await db.write([{
      sql: "update faults set message = 'xylophone', state = 'over', ended_ms = 1 " +
        "where id = (select max(id) from faults)",
    }]);
    const html = async (path: string) => {
      const headers = { authorization: `Bearer ${key}`, accept: "text/html" };
      const answer = await fetch(app.url + path, { headers });
      const text = await answer.text();
      assert.equal(answer.status, 200, `${path}: ${text}`);
      return text.split(/<body/)[1].replace(/<script[^]*?<\/script>/g, "");
    };
    for (
      const [path, words] of [
        ["/commands", "press"],
        ["/commands/rules", "fixture"],
        ["/models", "press3"],
        ["/predictions", "press-3"],
        ["/analyses", "rules"],
        ["/sources", "home assistnt"],
        ["/faults?show=history", "xylophane"],
        ["/import", "fixtrue"],
        ["/reports", "fixture"],
        ["/machines/tree", "press3"],
      ]
    ) {
      const more = path.includes("?") ? "&" : "?";
      const [all, none] = [await html(path), await html(`${path}${more}q=zzqx`)];
      assert.match(all, /<form method="get" action="[^"]+" class="filter"/, path);
      assert.match(none, / fits\b| match\./, path);
      const found = await html(`${path}${more}q=${words}`);
      assert.doesNotMatch(found, /No \w+ (fits|match)\b/, `${path}: ${words}`);
    }
  } finally {
    await app.close();
  }
});
