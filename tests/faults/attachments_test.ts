/**
 * Z10: files that people attach. Whatever they are called and whatever they say they are, they are stored under
 * random names, told by their content, and come back so that no browser runs them. Control:
 * `SABOTAGE=inline-attachments` serves them as a page would like to have them.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Hono } from "hono";
import { systemActor } from "../../lib/access/audit_row.ts";
import { silentLog } from "../../lib/base/log.ts";
import { mount } from "../../routes/http/mount.ts";
import type { Route } from "../../routes/http/route.ts";
import { startApp } from "../support/app.ts";
import { HOSTILE_NAMES, joined, type Lie, POLYGLOTS, TYPE_LIES } from "../support/files.ts";
import { picture } from "../support/pictures.ts";
import { sabotaged } from "../support/sabotage.ts";

const tester = systemActor("test");
// deno-lint-ignore no-explicit-any
type Json = any;

interface Site {
  app: Hono;
  dataDir: string;
  ask(path: string, init?: RequestInit, role?: "viewer" | "engineer" | "admin"): Promise<Response>;
  /** A new ticket's id. */
  ticket(): Promise<string>;
  upload(
    ticket: string,
    name: string,
    type: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Response>;
}

function withSite(run: (site: Site) => Promise<void>): () => Promise<void> {
  return async () => {
    const under = await startApp();
    try {
      const { access, settings } = under.app.parts();
      await settings.set("attachments.file_mb", 1, "test", () => []);
      const app: Hono = mount({
        routes: sabotage(under.app.routes()),
        resolve: access.resolve,
        log: silentLog(),
        socketAddress: () => "192.168.1.7",
      });
      const keys = new Map<string, string>();
      const ask: Site["ask"] = async (path, init = {}, role = "viewer") => {
        if (!keys.has(role)) {
          keys.set(role, (await access.keys.add({ name: role, role }, tester)).key);
        }
        const headers = { authorization: `Bearer ${keys.get(role)}`, ...init.headers };
        return await app.request(`http://192.168.1.2${path}`, { ...init, headers });
      };
      await run({
        app,
        dataDir: under.dataDir,
        ask,
        async ticket() {
          const response = await ask("/api/tickets", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"title":"files"}',
          }, "engineer");
          return (await response.json()).id;
        },
        upload(ticket, name, type, bytes) {
          const form = new FormData();
          form.append("file", new File([bytes], name, { type }));
          return ask(`/api/tickets/${ticket}/attachments`, { method: "POST", body: form });
        },
      });
    } finally {
      await under.close();
    }
  };
}

/** Served as a trusting application would. */
function sabotage(routes: readonly Route[]): readonly Route[] {
  if (!sabotaged("inline-attachments")) return routes;
  return routes.map((route) =>
    !/attachments\/:attachment/.test(route.path) || route.method !== "get" ? route : {
      ...route,
      handler: async (context) => {
        const response = await route.handler(context);
        response.headers.set("content-disposition", "inline");
        response.headers.set("content-security-policy", "default-src 'self' 'unsafe-inline'");
        return response;
      },
    }
  );
}

/** What holds for every byte that somebody else gave. */
function assertSafe(
  { headers, status }: Response,
  type: string,
  shown: boolean,
  what: string,
): void {
  assert.equal(status, 200, what);
  const disposition = headers.get("content-disposition") ?? "";
  assert.match(
    disposition,
    /^(attachment|inline); filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w.!~%-]+$/,
    what,
  );
  assert.equal(disposition.split(";")[0], shown ? "inline" : "attachment", what);
  const [, ascii] = /filename="([^"]*)"/.exec(disposition)!;
  assert.doesNotMatch(ascii, /[/\\:*?<>|]|^\./, what);
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /^sandbox; default-src 'none'/, what);
  assert.equal(headers.get("x-content-type-options"), "nosniff", what);
  assert.match(headers.get("cache-control") ?? "", /no-store/, what);
  assert.equal(headers.get("content-type")!.split(";")[0], type, what);
  assert.ok(!headers.has("set-cookie") && !headers.has("x-evil"), what);
}

/** Files that uploads may add to: not the database, not what Perch writes down about itself. */
async function stored(dataDir: string): Promise<string[]> {
  return (await tree(dataDir)).filter((name) => !/^(perch\.db|logs\/)/.test(name));
}

async function tree(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...(await tree(join(folder, name))).map((n) => `${name}/${n}`));
    else names.push(name);
  }
  return names;
}

Deno.test(
  "attachments: 200 hostile names become random files inside their folder and plain names outside",
  withSite(async ({ ask, ticket, upload, dataDir }) => {
    assert.equal(HOSTILE_NAMES.length, 200);
    const before = await stored(dataDir);
    const bytes = picture("png");
    let id = "";
    let taken = 0;
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      if (i % 50 === 0) id = await ticket();
      const what = JSON.stringify(name).slice(0, 100);
      // As a form and as a query: both are ways in.
      const raw = `/api/tickets/${id}/attachments?name=${
        encodeURIComponent(name.toWellFormed()).slice(0, 900).replace(/%[0-9A-F]?$/, "")
      }`;
      const answers = [
        await upload(id, name, "image/png", bytes),
        await ask(raw, { method: "POST", body: bytes }),
      ];
      for (const answer of answers) {
        const made: Json = await answer.json();
        if (name.includes("\0") && answer === answers[0]) {
          assert.match(made.detail, /not a valid form/, what);
          continue;
        }
        assert.equal(answer.status, 201, `${what}: ${JSON.stringify(made)}`);
        taken++;
        assert.ok(made.name.length > 0 && [...made.name].length <= 124, what);
        assert.match(made.name, /\.png$/, what);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(made.name, /[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e/\\]/, what);
        const path = `/api/tickets/${id}/attachments/${made.id}`;
        const got = await ask(path);
        assertSafe(got, "image/png", false, what);
        assert.deepEqual(new Uint8Array(await got.arrayBuffer()), bytes, what);
        const shown = await ask(`${path}/picture`);
        assertSafe(shown, "image/png", true, what);
        await shown.body?.cancel();
      }
    }
    const added = (await stored(dataDir)).filter((name) => !before.includes(name));
    console.log(`${taken} of 400 uploads stored`);
    assert.ok(taken >= 390);
    assert.equal(added.length, taken);
    for (const name of added) assert.match(name, /^files\/attachments\/[0-9a-z]{32}\.png$/);
  }),
);

Deno.test(
  `attachments: ${TYPE_LIES.length} lies about a type and ${POLYGLOTS.length} files that are two things do not get through`,
  withSite(async ({ ask, ticket, upload }) => {
    assert.ok(TYPE_LIES.length >= 40);
    const id = await ticket();
    const refused: string[] = [];
    const check = async ({ what, name, declared, bytes, taken }: Lie) => {
      const answer = await upload(id, name, declared, bytes);
      const made: Json = await answer.json();
      if (answer.status === 400) {
        assert.ok(taken === null || taken.endsWith("or refused"), `${what}: ${made.detail}`);
        assert.match(made.detail, /allowed|empty|damaged/, what);
        refused.push(what);
        return;
      }
      assert.equal(answer.status, 201, `${what}: ${JSON.stringify(made)}`);
      assert.notEqual(taken, null, `${what} was taken as ${made.type}`);
      assert.equal(made.type, taken!.replace(" or refused", ""), what);
      const path = `/api/tickets/${id}/attachments/${made.id}`;
      const got = await ask(path);
      assertSafe(got, made.type, false, what);
      await got.body?.cancel();
      const shown = await ask(`${path}/picture`);
      if (made.type.startsWith("image/")) assertSafe(shown, made.type, true, what);
      else assert.equal(shown.status, 404, what);
      await shown.body?.cancel();
    };
    for (const one of [...TYPE_LIES, ...POLYGLOTS]) await check(one);
    console.log(`${refused.length} refused: ${refused.join(", ")}`);
    assert.ok(refused.length >= 25);
  }),
);

Deno.test(
  "attachments: too large, too many pixels and broken forms are refused by name, nothing is kept",
  withSite(async ({ ask, ticket, upload, dataDir }) => {
    const id = await ticket();
    const refused = async (
      answer: Response | Promise<Response>,
      status: number,
      detail: RegExp,
    ) => {
      const response = await answer;
      const problem: Json = await response.json();
      assert.equal(response.status, status, JSON.stringify(problem));
      assert.match(problem.detail, detail);
    };
    const path = `/api/tickets/${id}/attachments`;
    const large = joined(picture("png"), new Uint8Array(1_000_000));
    await refused(upload(id, "x.png", "image/png", large), 413, /1.0 MB are allowed/);
    await refused(ask(path, { method: "POST", body: large }), 413, /larger than the 1000000 bytes/);
    // Of unknown length: counted while it comes, and cut.
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(65_536))),
    });
    await refused(ask(path, { method: "POST", body: endless }), 413, /larger than/);
    assert.ok(pulled < 40, `${pulled} pieces were read`);
    const huge = picture("png");
    new DataView(huge.buffer).setUint32(16, 30_000);
    new DataView(huge.buffer).setUint32(20, 30_000);
    await refused(upload(id, "x.png", "image/png", huge), 400, /30000 × 30000 pixels; 50 million/);
    const form = (...parts: [string, string | File][]) => {
      const data = new FormData();
      for (const [name, value] of parts) data.append(name, value);
      return ask(path, { method: "POST", body: data });
    };
    const file = new File([picture("png")], "x.png");
    await refused(form(["file", file], ["file", file]), 400, /one file at a time/);
    await refused(form(["file", file], ["role", "admin"]), 400, /role: unknown field/);
    await refused(form(["text", "only words"]), 400, /no file was sent/);
    await refused(form(["file", "not a file"]), 400, /file: unknown field/);
    const type = "multipart/form-data; boundary=x";
    for (
      const body of ["", "--x", "--x\r\n\r\n", "nonsense", "--x\r\nContent-Disposition: form-data"]
    ) {
      await refused(
        ask(path, { method: "POST", body, headers: { "content-type": type } }),
        400,
        /not a valid form|no file was sent/,
      );
    }
    const urlencoded = { "content-type": "application/x-www-form-urlencoded" };
    await refused(
      ask(path, { method: "POST", body: "file=x", headers: urlencoded }),
      415,
      /multipart/,
    );
    assert.deepEqual((await tree(dataDir)).filter((name) => name.startsWith("files/")), []);
    const { items } = await (await ask(path)).json();
    assert.deepEqual(items, []);
  }),
);

Deno.test(
  "attachments: none is found through another ticket, and nobody without a sign-in has any",
  withSite(async ({ app, ask, ticket, upload }) => {
    const [mine, other] = [await ticket(), await ticket()];
    const made: Json = await (await upload(mine, "x.png", "image/png", picture("png"))).json();
    for (const path of [`tickets/${other}`, "tickets/T-99", "alarms/1", `alarms/${mine}`]) {
      for (const end of ["", "/picture"]) {
        const answer = await ask(`/api/${path}/attachments/${made.id}${end}`, {}, "admin");
        await answer.body?.cancel();
        assert.equal(answer.status, 404, path + end);
      }
      const removed = await ask(
        `/api/${path}/attachments/${made.id}`,
        { method: "DELETE" },
        "admin",
      );
      await removed.body?.cancel();
      assert.equal(removed.status, 404, path);
    }
    const path = `/api/tickets/${mine}/attachments/${made.id}`;
    for (const odd of ["0", "-1", "1e1", "x", "9999999999999999999"]) {
      const answer = await ask(`/api/tickets/${mine}/attachments/${odd}`);
      await answer.body?.cancel();
      assert.ok([400, 404].includes(answer.status), `${odd}: ${answer.status}`);
    }
    for (const end of ["", "/picture"]) {
      const answer = await app.request(`http://192.168.1.2${path}${end}`);
      await answer.body?.cancel();
      assert.equal(answer.status, 401);
    }
    assert.equal((await ask(path, { method: "DELETE" }, "engineer")).status, 403);
    assert.equal((await ask(path, { method: "DELETE" }, "viewer")).status, 204);
    assert.equal((await ask(path)).status, 404);
  }),
);

Deno.test("attachments: who was disabled has none any more, with the same sign-in", async () => {
  const under = await startApp();
  try {
    const { access, tickets } = under.app.parts();
    const email = "eve@example.org", password = "long enough";
    const eve = await access.users.add({ email, password, role: "engineer" }, tester);
    const pair = await access.signIn.api({ email, password, from: tester });
    const audited = () => ({ sql: "select 1" });
    const author = { id: "u", name: "u", moderator: false, audited };
    const { id } = await tickets.tickets.create({ title: "x" }, author);
    const upload = { name: "x.png", bytes: picture("png") };
    const made = await tickets.attachments.add("ticket", id, upload, author);
    const status = async () => {
      const headers = { authorization: `Bearer ${pair.access_token}` };
      const answer = await fetch(`${under.url}/api/tickets/${id}/attachments/${made.id}`, {
        headers,
      });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await status(), 200);
    await access.users.change(eve.id, { state: "disabled" }, tester);
    assert.equal(await status(), 401);
  } finally {
    await under.close();
  }
});
