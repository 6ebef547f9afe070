/** The API document, and every example in it against the running server. */
import assert from "node:assert/strict";
import type { z } from "zod";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Route } from "../../routes/http/route.ts";
import { parametersOf, withDocument } from "../support/api_document.ts";
import type { AppUnderTest } from "../support/app.ts";
import { oneOfEach, PASSWORD, pathOf } from "../support/one_of_each.ts";
import { picture } from "../support/pictures.ts";
import { freePort } from "../support/port.ts";

const tester = systemActor("test");
const EMAIL = "admin@example.org";

// deno-lint-ignore no-explicit-any
type Document = any;

/** Channels may call this host, and mail goes out by a server that does not answer. */
const settings = () => ({
  OUTGOING_NETWORKS: "127.0.0.0/8",
  SMTP_SERVER: "127.0.0.1",
  SMTP_PORT: String(freePort()),
  SENDER_EMAIL: "perch@example.org",
  RECIPIENT_EMAIL: "plant@example.org",
});

/** Every `$ref` points somewhere, every operation has an id of its own. */
Deno.test("openapi: describes every route of the table, with its errors and who may", () =>
  withDocument(settings(), (text, under) => {
    const document: Document = JSON.parse(text);
    assert.match(document.openapi, /^3\.1\./);
    const ids = new Set<string>();
    for (const route of shown(under)) {
      const operation = document.paths[documentPath(route)]?.[route.method];
      const what = `${route.method} ${route.path}`;
      assert.ok(operation, what);
      assert.ok(operation.summary && operation.description, what);
      assert.ok(!ids.has(operation.operationId), `${operation.operationId} twice`);
      ids.add(operation.operationId);
      assert.ok(operation.responses["4XX"], what);
      assert.equal(operation.security?.length === 0, route.policy === "public", what);
      const parameters = parametersOf(document, documentPath(route), route.method);
      for (const [, name] of route.path.matchAll(/:(\w+)/g)) {
        assert.ok(parameters.some((p) => p.name === name), what);
      }
      if (route.body) assert.ok(route.example?.body !== undefined, `${what} has no example`);
    }
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = ref.split("/").reduce((at: Document, key: string) => at?.[key], document);
      assert.ok(target, ref);
    }
  }));

Deno.test("docs: the page shows every operation with its parameters, examples and answers", () =>
  withDocument(settings(), async (json, under) => {
    const document: Document = JSON.parse(json);
    const page = await (await fetch(`${under.url}/docs`)).text();
    for (const route of shown(under)) {
      assert.ok(page.includes(`${route.method.toUpperCase()} ${documentPath(route)}`), route.path);
    }
    const words = [
      document.components.parameters.PerchSeen.description,
      document.components.responses.Conflict.description,
      "username=admin%40example.org&amp;password=long+enough",
    ];
    for (const text of words) assert.ok(page.includes(text), text);
    assert.ok(!page.includes("undefined"));
  }));

Deno.test("openapi: every example, called as documented, is answered as documented", () =>
  withDocument(settings(), async (_, under) => {
    const ids = await oneOfEach(under, EMAIL);
    const routes = shown(under).sort((a, b) =>
      order(a) - order(b) || b.path.length - a.path.length
    );
    let called = 0;
    for (const route of routes) {
      for (const [type, body] of bodiesOf(route)) {
        const token = await tokenOf(under);
        const { users, sessions } = under.app.parts().access;
        ids["/api/users/me/sessions/:id"] = sessions.ofUser(users.byEmail(EMAIL)!.id)[0].id;
        const answer = await fetch(under.url + pathOf(route, ids), {
          method: route.method.toUpperCase(),
          headers: {
            ...(route.path === "/api/users/refresh" ? {} : { authorization: `Bearer ${token}` }),
            ...(type === null ? {} : { "content-type": `${type}${boundaryOf(type)}` }),
          },
          body,
        });
        const streams = answer.headers.get("content-type")?.startsWith("text/event-stream");
        const text = streams ? (await answer.body?.cancel(), "") : await answer.text();
        const what = `${route.method} ${route.path} ${type ?? ""}: ${answer.status} ${text}`;
        const documented = route.responses?.[answer.status];
        assert.ok(documented ?? [400, 401].includes(answer.status), what);
        assert.ok(answer.status < 400 || EXPECTED_FAILURES.has(route.path), what);
        if (documented?.schema && answer.status < 400) checkShape(documented.schema, text, what);
        called++;
      }
    }
    assert.ok(called > 30, `${called} calls`);
  }));

/**
 * Their examples cannot be right: a code of the second factor, a token that was given out before, a private
 * key, a backup of another time, a correction that was just shown, the secret of a heartbeat, a camera that is off; nor has this site an email
 * channel.
 */
const EXPECTED_FAILURES = new Set([
  // The name of the site that is typed is that of the host.
  "/api/imports/:id/continue",
  "/api/report-schedules",
  // For the key of the site alone.
  "/api/sites/:id/forward",
  // No sensor hangs on the host that runs the tests.
  "/api/hardware/inputs",
  "/api/ai/email",
  "/api/send-analysis-email",
  "/api/users/refresh",
  "/api/users/me/second-factor/confirm",
  "/api/backups/encryption/confirm",
  "/api/restore",
  "/api/restore/check",
  "/api/system/restart-services",
  "/api/system/reboot",
  "/api/faults/:id/approve",
  "/api/faults/:id/rollback",
  "/api/heartbeat/:secret",
  "/api/cameras/:id/allow",
  "/api/cameras/:id/images",
  "/api/cameras/:id/recover",
  "/api/cameras/:id/snapshot",
  "/api/cameras/:id/stream",
  "/api/camera/recover",
]);

function checkShape(schema: z.ZodType, text: string, what: string): void {
  const answered = JSON.parse(text);
  const result = schema.safeParse(answered);
  assert.ok(result.success, `${what} ${JSON.stringify(result.error?.issues)}`);
  // Parsing drops what is not described.
  assert.deepEqual(result.data, answered, what);
}

const shown = (under: AppUnderTest) => [...under.app.routes()].filter((r) => r.summary !== null);
const documentPath = (route: Route) => route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
const order = (route: Route) => ["get", "post", "put", "patch", "delete"].indexOf(route.method);

/** The examples of forms use the same. */
const boundaryOf = (type: string) => type.startsWith("multipart/") ? "; boundary=example" : "";

function bodiesOf(route: Route): [string | null, BodyInit | undefined][] {
  if (route.body) return [["application/json", JSON.stringify(route.example!.body)]];
  if (!route.accepts) return [[null, undefined]];
  return Object.entries(route.accepts).map(([type, { example }]) => [
    type,
    type.startsWith("image/")
      ? picture(type.slice("image/".length).replace("jpeg", "jpg") as "png")
      : typeof example === "string"
      ? example
      : JSON.stringify(example),
  ]);
}

async function tokenOf(under: AppUnderTest): Promise<string> {
  const { signIn } = under.app.parts().access;
  const from = { ...tester, address: "127.0.0.1" };
  return (await signIn.api({ email: EMAIL, password: PASSWORD, from })).access_token;
}
