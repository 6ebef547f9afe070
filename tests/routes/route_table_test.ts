/**
 * Tests made from the route table of the whole application: a new route has its tests here by itself. Event
 * types have theirs in stream_policy_test.ts, MQTT actions in ../flow/mqtt_matrix_test.ts.
 * `SABOTAGE=policy` mounts the table with one protected route made public, `SABOTAGE=mass_assignment` with a
 * body that lets unknown fields pass, `SABOTAGE=headers` drops a header on the way out.
 */
import assert from "node:assert/strict";
import type { Hono } from "hono";
import { z } from "zod";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type Role, ROLES } from "../../lib/access/identity.ts";
import { silentLog } from "../../lib/base/log.ts";
import { mount } from "../../routes/http/mount.ts";
import type { Route } from "../../routes/http/route.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { type Asker, askers } from "../support/askers.ts";
import { sabotaged } from "../support/sabotage.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const PASSWORD = "long enough";
const tester = systemActor("test");

interface Whole {
  under: AppUnderTest;
  /** The table as the application made it: what is expected follows from this one. */
  routes: readonly Route[];
  /** A request from 192.168.1.7 to 192.168.1.2. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

async function withApp(run: (whole: Whole) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    const routes = under.app.routes();
    assert.ok(routes.length > 20, "the table is there");
    const { access } = under.app.parts();
    const app: Hono = mount({
      routes: sabotage(routes),
      resolve: access.resolve,
      log: silentLog(),
      socketAddress: () => "192.168.1.7",
    });
    await run({
      under,
      routes,
      async ask(path, init) {
        const response = await app.request(`http://192.168.1.2${path}`, init);
        if (sabotaged("headers") && response.status === 404) {
          response.headers.delete("content-security-policy");
        }
        return response;
      },
    });
  } finally {
    await under.close();
  }
}

function sabotage(routes: readonly Route[]): Route[] {
  const policy = routes.findLast((r) => r.policy === "viewer" && r.method === "get");
  const body = routes.findLast((r) => r.body instanceof z.ZodObject);
  return routes.map((route) => {
    if (sabotaged("policy") && route === policy) return { ...route, policy: "public" };
    if (sabotaged("mass_assignment") && route === body) {
      return { ...route, body: (route.body as z.ZodObject).loose() };
    }
    return route;
  });
}

/** Written out again, apart from the code under test. */
function mayUse(route: Route, asker: Asker): boolean {
  if (route.policy === "public") return true;
  const [kind, least] = route.policy.includes(":")
    ? route.policy.split(":")
    : ["role", route.policy];
  if (asker.device) return kind === "device-or";
  if (asker.role === null) return false;
  if (kind === "reporter-or" && asker.scope === "events") return true;
  if (ROLES.indexOf(asker.role) < ROLES.indexOf(least as Role)) return false;
  if (kind === "person" && asker.key) return false;
  if (kind === "command" && asker.key) return asker.scope === "command";
  if (asker.scope === undefined) return true;
  if (kind === "device-or") return asker.scope === "ingest";
  if (kind === "reporter-or") return false;
  return asker.scope === "read" && route.method === "get" && least !== "admin";
}

const example = (path: string) => path.replace(/:\w+(\{[^}]*\})?/g, "x1").replace(/\*/g, "x1");

/** A request that the policy sees and no handler: writes announce a body beyond every limit. */
function probe(method: string, headers: Record<string, string>): RequestInit {
  const upper = method.toUpperCase();
  if (upper === "GET") return { method: upper, headers };
  const length = { "content-length": String(Number.MAX_SAFE_INTEGER + 1) };
  return { method: upper, headers: { ...headers, ...length }, body: "x" };
}

const isDenied = (response: Response) =>
  response.status === 401 || response.status === 403 ||
  (response.status === 303 && response.headers.get("location")?.startsWith("/sign-in") === true);

Deno.test("route table: every route × method × identity is allowed or denied as its policy says", () =>
  withApp(async (whole) => {
    const all = await askers(whole.under);
    let checked = 0;
    for (const route of whole.routes) {
      const path = example(route.path);
      const here = whole.routes.filter((r) => r.path === route.path).map((r) => r.method);
      for (const [name, asker] of Object.entries(all)) {
        const response = await whole.ask(path, probe(route.method, asker.headers));
        await response.body?.cancel();
        const what = `${route.method} ${path} (${route.policy}) by ${name}: ${response.status}`;
        // The sign-in page sends those who are signed in on, and on the first start to the setup.
        if (route.policy !== "public") {
          assert.equal(!isDenied(response), mayUse(route, asker), what);
          if (!mayUse(route, asker)) {
            const known = asker.role !== null || asker.device;
            assert.equal(response.status, known ? 403 : 401, what);
          }
        } else assert.ok(response.status !== 403, what);
        checked++;
        for (const method of METHODS) {
          if (here.includes(method)) continue;
          const other = await whole.ask(path, probe(method, asker.headers));
          await other.body?.cancel();
          const elsewhere = whole.routes.some((r) =>
            r.method === method && r.path !== route.path && matches(r.path, path)
          );
          if (!elsewhere) assert.equal(other.status, 405, `${method} ${path} by ${name}`);
          checked++;
        }
      }
    }
    assert.ok(checked > 1000, `${checked} combinations`);
  }));

function matches(pattern: string, path: string): boolean {
  // `{.+}` takes slashes too.
  const source = pattern.replace(/[.](?![+]\})/g, "\\.")
    .replace(/\*/g, ".*")
    .replace(/:\w+(\{[^}]*\})?/g, (_, form) => form === "{.+}" ? ".+" : "[^/]+");
  return new RegExp(`^${source}$`).test(path);
}

Deno.test("route table: no spelling of a path gets around its policy", () =>
  withApp(async (whole) => {
    for (const route of whole.routes.filter((r) => r.policy !== "public")) {
      const path = example(route.path);
      const tricks = [
        `/${path}`,
        `${path}/`,
        `${path}//`,
        `/.${path}`,
        `/x/..${path}`,
        `/x/%2e%2e${path}`,
        `/%2e${path}`,
        path.toUpperCase(),
        path.replace("/a", "/%61"),
        `${path}%00`,
        `${path};x`,
        `${path}%2f`,
        `${path}?x=1`,
        `${path}#x`,
        path.replaceAll("/", "\\"),
      ];
      for (const trick of tricks) {
        const rewriting = { "x-http-method-override": "GET", "x-original-url": path };
        for (const extra of [{}, rewriting] as Record<string, string>[]) {
          const response = await whole.ask(trick, probe(route.method, extra));
          await response.body?.cancel();
          const fine = isDenied(response) || [400, 404, 405, 421].includes(response.status);
          const { pathname } = new URL(`http://x${trick}`);
          const isPublic = whole.routes.some((r) =>
            r.policy === "public" && r.path !== route.path && matches(r.path, pathname)
          );
          assert.ok(fine || isPublic, `${route.method} ${trick}: ${response.status}`);
        }
      }
    }
  }));

Deno.test("route table: every column name, added to every write, is refused", () =>
  withApp(async (whole) => {
    const { access, storage } = whole.under.app.parts();
    const email = "admin@example.org";
    await access.users.add({ email, role: "admin", password: PASSWORD }, tester);
    const pair = await access.signIn.api({ email, password: PASSWORD, from: tester });
    const { rows } = await storage.db.query({
      sql:
        "select distinct c.name from sqlite_master t join pragma_table_info(t.name) c where t.type = 'table' union select 'isAdmin' union select '__proto__' union select 'constructor'",
    });
    const columns = rows.map(([name]) => String(name));
    assert.ok(columns.includes("password") && columns.length > 40);
    const writes = whole.routes.filter((r) => r.body instanceof z.ZodObject);
    assert.ok(writes.length > 5);
    for (const route of writes) {
      const own = Object.keys((route.body as z.ZodObject).shape);
      const unknown = columns.filter((column) => !own.includes(column));
      const [first, ...rest] = unknown;
      for (const column of [first, ...rest]) {
        const response = await whole.ask(example(route.path), {
          method: route.method.toUpperCase(),
          headers: {
            authorization: `Bearer ${pair.access_token}`,
            "content-type": "application/json",
          },
          body: `{${JSON.stringify(column)}: 1}`,
        });
        const problem = await response.json();
        const what = `${route.method} ${route.path} with ${column}: ${JSON.stringify(problem)}`;
        assert.equal(response.status, 400, what);
        assert.ok(problem.errors.some((e: { path: string }) => e.path === column), what);
      }
    }
  }));

Deno.test("route table: every body refuses unknown fields at every depth", () =>
  withApp((whole) => {
    for (const route of whole.routes) {
      if (!route.body) continue;
      // Without names everything stands in one piece.
      const json = z.toJSONSchema(route.body, {
        io: "input",
        unrepresentable: "any",
        metadata: z.registry<object>(),
      });
      openObjects(json, "").filter((at) => at !== "").forEach((at) => {
        assert.fail(`${route.method} ${route.path}: ${at} lets unknown fields pass`);
      });
    }
    return Promise.resolve();
  }));

/** Paths of objects with named properties that do not refuse others. The top level is the mount's. */
function openObjects(schema: unknown, at: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const node = schema as Record<string, unknown>;
  const open = node.type === "object" && node.properties !== undefined &&
    node.additionalProperties !== false;
  const below = Object.entries(node).flatMap(([key, value]) => openObjects(value, `${at}/${key}`));
  return open ? [at, ...below] : below;
}

Deno.test("route table: security headers on every answer, errors and streams included", () =>
  withApp(async (whole) => {
    const { access } = whole.under.app.parts();
    const { key } = await access.keys.add({ name: "all", role: "admin" }, tester);
    const admin = { authorization: `Bearer ${key}` };
    const asks: [string, RequestInit][] = [
      ["/nothing", {}],
      ["/api/nothing", {}],
      ["/", { headers: { host: "evil.example" } }],
    ];
    for (const route of whole.routes) {
      const path = example(route.path);
      for (const headers of [{}, admin]) {
        if (route.method === "get") asks.push([path, { headers }]);
        if (route.method === "get") asks.push([path, { method: "HEAD", headers }]);
        asks.push([path, probe(route.method, headers)]);
        asks.push([path, probe("put", headers)]);
      }
    }
    for (const [path, init] of asks) {
      const { headers, status, body } = await whole.ask(path, init);
      await body?.cancel();
      const what = `${init.method ?? "GET"} ${path} ${status}`;
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, what);
      assert.ok(!policy.includes("unsafe"), what);
      assert.match(policy, /frame-ancestors 'none'/, what);
      assert.equal(headers.get("x-content-type-options"), "nosniff", what);
      assert.ok(headers.has("referrer-policy") && headers.has("permissions-policy"), what);
      if (path.startsWith("/api/")) assert.match(headers.get("cache-control") ?? "", /no-store/);
    }
  }));
