/** Files that are uploaded for an import: in parts, over a kill, bounded; what an import has to prove (Z27). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { until } from "../support/until.ts";

const PASSWORD = "long enough";
const UPLOADS = "/api/import/uploads";
const PART = "application/offset+octet-stream";
const tester = { ...systemActor("test"), address: "127.0.0.1" };
const SITE = "Plant 2";
const HISTORY = `entity_id,state,last_changed
sensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z
sensor.loft_temperature,unavailable,2026-02-01T00:10:12.431Z
sensor.loft_temperature,20.5,2026-02-01T00:12:40.002Z
binary_sensor.gate,on,2026-02-01T00:15:00.000Z
sensor.loft_temperature,=1+1,1970-01-01T00:00:00.000Z
`;
const FORMAT = "ha-history-csv";

interface Asked {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

// deno-lint-ignore no-explicit-any
type Json = any;

interface Site {
  under: AppUnderTest;
  token: string;
  /** By the admin, unless another token is given. */
  ask(path: string, asked?: Asked, token?: string): Promise<Response>;
  json(path: string, asked?: Asked, token?: string): Promise<Json>;
  /** Uploads a file; gives its id. */
  upload(name: string, text: string): Promise<string>;
  /** Waits for the end of an import. */
  ended(id: string): Promise<Json>;
}

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const under = await startApp({ USER_ID: SITE });
  try {
    const { access } = under.app.parts();
    await access.users.add({ email: "a@example.org", role: "admin", password: PASSWORD }, tester);
    const pair = await access.signIn.api({
      email: "a@example.org",
      password: PASSWORD,
      from: tester,
    });
    const token = pair.access_token;
    const ask: Site["ask"] = (path, { body, headers, method } = {}, by = token) =>
      fetch(under.url + path, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        redirect: "manual",
        headers: {
          authorization: `Bearer ${by}`,
          ...(typeof body === "object" && !(body instanceof Uint8Array)
            ? { "content-type": "application/json" }
            : {}),
          ...headers,
        },
        body: body === undefined || typeof body === "string" || body instanceof Uint8Array
          ? body as BodyInit | undefined
          : JSON.stringify(body),
      });
    const json: Site["json"] = async (...given) => await (await ask(...given)).json();
    const upload: Site["upload"] = async (name, text) => {
      const bytes = new TextEncoder().encode(text);
      const { id } = await json(UPLOADS, { body: { name, bytes: bytes.length } });
      const sent = await ask(`${UPLOADS}/${id}`, {
        method: "PATCH",
        body: bytes,
        headers: { "content-type": PART },
      });
      assert.equal(sent.status, 204, await sent.text());
      return id;
    };
    const ended: Site["ended"] = (id) =>
      until("the end of the import", async () => {
        const job = await json(`/api/imports/${id}`);
        return ["waiting", "running"].includes(job.state) ? null : job;
      });
    await run({ under, token, ask, json, upload, ended });
  } finally {
    await under.close();
  }
}

Deno.test("import: looked into, counted, imported with a proof; again nothing twice; rejected lines as CSV", () =>
  withSite(async ({ under, ask, json, upload, ended }) => {
    const hostile = '=cmd|"<img src=x onerror=alert(1)>.csv';
    const file = await upload(hostile, HISTORY);
    const found = await json("/api/imports/inspect", { body: { file } });
    assert.deepEqual([found.format, found.questions, found.site], [
      FORMAT,
      [],
      { name: SITE, foreign: false },
    ]);
    assert.deepEqual(
      found.series.map(({ sensor, is_new, unit }: Json) => [sensor, is_new, unit]),
      [["loft/temperature", true, "°C"], ["home/gate", true, null]],
    );
    const order = {
      file,
      format: FORMAT,
      mapping: [{ key: "binary_sensor.gate", sensor: null }],
    };
    const counted = await json("/api/imports", { body: { ...order, dry_run: true } });
    const count = (await ended(counted.id)).result;
    const figures = (
      { read, stored, repeated, empty, rejected, skipped }: Json,
    ) => [read, stored, repeated, empty, rejected, skipped];
    assert.deepEqual(figures(count), [5, 2, 0, 1, 1, 1]);
    const { registry } = under.app.parts();
    assert.equal(registry.find("loft/temperature"), undefined, "a count makes no sensor");

    const proof = { site: SITE, password: PASSWORD };
    const began = await json(`/api/imports/${counted.id}/continue`, { body: proof });
    const done = await ended(began.id);
    assert.deepEqual([done.state, figures(done.result)], ["done", [5, 2, 0, 1, 1, 1]], done.error);
    assert.ok(registry.find("loft/temperature"));
    await until(
      "the file to go",
      async () => (await json(UPLOADS)).items.length === 0 ? true : null,
    );

    const lines = await ask(`/api/imports/${began.id}/rejected`);
    assert.equal(lines.headers.get("content-type"), "text/csv; charset=utf-8");
    const text = await lines.text();
    assert.match(text, /^\uFEFF?line,reason\r\n6,/);
    assert.doesNotMatch(text, /(^|,)=/m);

    const again = await json("/api/imports", {
      body: { ...order, file: await upload("a.csv", HISTORY), ...proof },
    });
    assert.deepEqual(figures((await ended(again.id)).result), [5, 0, 2, 1, 1, 1]);
    const over = await ask(`/api/imports/${again.id}/continue`, { body: proof });
    assert.equal(over.status, 409, await over.text());
    const { items } = await under.app.parts().access.audit.list({ action: "import" });
    assert.deepEqual(
      [...new Set(items.map(({ action }) => action))].sort(),
      ["import.create", "import.upload"],
    );
  }));

Deno.test("import: files of this host are those of one folder, and nothing else of it", () =>
  withSite(async ({ under, ask, json }) => {
    const folder = join(under.dataDir, "import");
    await Deno.mkdir(join(folder, "deep"), { recursive: true });
    await Deno.writeTextFile(join(folder, "states.csv"), HISTORY);
    await Deno.writeTextFile(join(folder, ".hidden"), HISTORY);
    const { items } = await json("/api/imports/files");
    assert.deepEqual(items.map(({ file }: Json) => file), ["import/states.csv"]);
    assert.equal(
      (await json("/api/imports/inspect", { body: { file: items[0].file } })).format,
      FORMAT,
    );
    const others = [
      ...["import/../perch.db", "import/deep", "import/", "import/.hidden", "import/uploaded"],
      ...["../import/states.csv", "/etc/passwd", join(folder, "states.csv"), "import/none.csv"],
      ...["import/states.csv\u0000", "perch.db"],
    ];
    for (const file of others) {
      const answer = await ask("/api/imports/inspect", { body: { file } });
      const { detail } = await answer.json();
      assert.equal(answer.status, 404, `${file}: ${detail}`);
      const order = { file, format: FORMAT, dry_run: true };
      const ordered = await ask("/api/imports", { body: order });
      assert.equal(ordered.status, 404, await ordered.text());
    }
  }));

Deno.test("import: what cannot be imported is named, and nothing stays", () =>
  withSite(async ({ under, ask, json, upload }) => {
    const zip = "PK\u0003\u0004 and more";
    const { id } = await json(UPLOADS, { body: { name: "a.zip", bytes: zip.length } });
    const packed = await ask(`${UPLOADS}/${id}`, {
      method: "PATCH",
      body: zip,
      headers: { "content-type": PART },
    });
    assert.equal(packed.status, 400);
    assert.match((await packed.json()).detail, /"a\.zip" is packed with zip: unpack it first/);
    const huge = await json(UPLOADS, { body: { name: "a.csv", bytes: 9e11 } });
    assert.equal(huge.status, 507);
    assert.match(huge.detail, /too little room .* for this file: .* nothing was changed/);
    const left = [...Deno.readDirSync(join(under.dataDir, "import/uploaded"))];
    assert.deepEqual(left, []);
    const unknown = await upload("a.bin", "\u0001\u0002 nothing that is known\n");
    const looked = await ask("/api/imports/inspect", { body: { file: unknown } });
    assert.equal(looked.status, 400, await looked.text());
    const lost = await ask("/api/imports", {
      body: { file: unknown, format: "no such format", dry_run: true },
    });
    assert.equal(lost.status, 400, await lost.text());
  }));

Deno.test("import: who may, and what has to be proven", async (t) => {
  await withSite(async ({ under, ask, json, upload, ended }) => {
    const { access, registry } = under.app.parts();
    const tokenOf = async (role: "viewer" | "engineer") => {
      const email = `${role}@example.org`;
      await access.users.add({ email, role, password: PASSWORD }, tester);
      return (await access.signIn.api({ email, password: PASSWORD, from: tester })).access_token;
    };
    const { key } = await access.keys.add({ name: "k", role: "admin" }, tester);
    const others = { viewer: await tokenOf("viewer"), engineer: await tokenOf("engineer") };

    const { secret } = await json("/api/users/me/second-factor", { method: "POST" });
    const used = new TOTP({ secret }).generate();
    const { recovery_codes } = await json("/api/users/me/second-factor/confirm", {
      body: { code: used },
    });
    const codes: string[] = [...recovery_codes];
    const next = () => codes.shift()!;

    const own = await upload("own.csv", HISTORY);
    const site = JSON.stringify({ perch: { site: "another", name: "Plant 1" } });
    const foreign = await upload(
      "foreign.ndjson",
      [
        site,
        '{"sensor":"hall/press/temperature","unit":"°C","ts":1769904000000,"value":41.5}',
        '{"users":[{"email":"eve@example.org","role":"admin"}],"keys":["k"],"sensor":"x"}',
      ].join("\n"),
    );
    const body = { file: own, format: FORMAT };
    const good = () => ({ site: SITE, password: PASSWORD, code: next() });

    const refusals: [string, Record<string, unknown>, number, RegExp][] = [
      ["nothing is proven", {}, 400, /type the name of this site, Plant 2/],
      ["no code", { site: SITE, password: PASSWORD }, 403, /the code is wrong/],
      ["a used code", { ...good(), code: used }, 403, /the code is wrong/],
      ["an expired code", { ...good(), code: expired(secret) }, 403, /the code is wrong/],
      ["another password", { ...good(), password: "another one" }, 403, /the password is wrong/],
      ["another name", { ...good(), site: "Plant 1" }, 400, /name of this site, Plant 2/],
      [
        "a file of another site, with the name of this one",
        { ...good(), file: foreign },
        400,
        /name of the other site that the file is from, Plant 1/,
      ],
    ];
    for (const [title, given, status, says] of refusals) {
      await t.step(title, async () => {
        const answer = await ask("/api/imports", { body: { ...body, ...given } });
        const { detail } = await answer.json();
        assert.deepEqual([answer.status, says.test(detail)], [status, true], detail);
      });
    }
    for (const [name, token] of Object.entries({ ...others, key })) {
      await t.step(`refused: ${name}`, async () => {
        const calls: [string, Asked][] = [
          [UPLOADS, { body: { name: "a", bytes: 1 } }],
          [`${UPLOADS}/${own}`, { method: "DELETE" }],
          ["/api/imports", { body: { ...body, ...good(), code: codes[0] } }],
          ["/api/imports", { body: { ...body, dry_run: true } }],
          ...(name === "key" ? [] : [
            ["/api/imports/inspect", { body: { file: own } }],
            ["/api/imports/files", {}],
            ["/api/imports", {}],
            ["/import", {}],
          ] as [string, Asked][]),
        ];
        for (const [path, asked] of calls) {
          const answer = await ask(path, asked, token);
          assert.equal(answer.status, 403, `${path}: ${await answer.text()}`);
        }
      });
    }
    assert.deepEqual((await json("/api/imports")).items, [], "nothing was ordered");
    await t.step("with all of it, the readings of another site come and nothing else", async () => {
      const others = () => JSON.stringify([access.users.list(), access.keys.list()]);
      const before = others();
      const found = await json("/api/imports/inspect", { body: { file: foreign } });
      assert.deepEqual(found.site, { name: "Plant 1", foreign: true });
      const began = await json("/api/imports", {
        body: {
          ...{ file: foreign, format: found.format },
          ...{ site: "Plant 1", password: PASSWORD, code: codes.at(-1) },
        },
      });
      const { state, result } = await ended(began.id);
      assert.deepEqual([state, result?.stored, result?.rejected], ["done", 1, 1]);
      assert.equal(others(), before);
      assert.deepEqual(registry.all().map(({ name }) => name), ["hall/press/temperature"]);
    });
  });
});

/** One of an hour ago. */
const expired = (secret: string) =>
  new TOTP({ secret }).generate({ timestamp: Date.now() - 3_600_000 });
