/** Archives that are uploaded for a restore: in parts, resumed, refused, bounded; what a restore of one has to prove. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { HandedOver, Restarting } from "../../lib/backup/restores.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { backUp, gzip, makePlant, randomBytes, requestFor, tarOf } from "../support/backup.ts";
import { HOSTILE } from "../support/hostile_archives.ts";
import { until } from "../support/until.ts";
import { generateX25519Identity, identityToRecipient } from "age-encryption";

const EMAIL = "admin@example.org";
const PASSWORD = "long enough";
const PATH = "/api/restore/uploads";
const tester = { ...systemActor("test"), address: "127.0.0.1" };
const PART = { "content-type": "application/offset+octet-stream" };
/** One of so many hostile archives. */
const EVERY = Number(Deno.env.get("HOSTILE_EVERY") ?? 6);

interface Site {
  under: AppUnderTest;
  token: string;
  folder: string;
  call(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Response>;
  // deno-lint-ignore no-explicit-any
  json(method: string, path: string, body?: unknown): Promise<any>;
  /** Declares and sends an archive; gives the last answer. */
  upload(bytes: Uint8Array<ArrayBuffer>, sha256?: string): Promise<{ id: string; sent: Response }>;
  /** Names in the folder of the uploads. */
  left(): string[];
}

async function withSite(
  run: (site: Site) => Promise<void>,
  handOver: Restarting["handOver"] = () => {},
): Promise<void> {
  const under = await startApp({}, { restarting: { handOver, failure: null } });
  try {
    const { access } = under.app.parts();
    await access.users.add({ email: EMAIL, role: "admin", password: PASSWORD }, tester);
    const pair = await access.signIn.api({ email: EMAIL, password: PASSWORD, from: tester });
    const token = pair.access_token;
    const call: Site["call"] = (method, path, body, headers = {}) =>
      fetch(under.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined || body instanceof Uint8Array
            ? {}
            : { "content-type": "application/json" }),
          ...headers,
        },
        body: body instanceof Uint8Array
          ? body as Uint8Array<ArrayBuffer>
          : body === undefined
          ? undefined
          : JSON.stringify(body),
      });
    const json: Site["json"] = async (...args) => await (await call(...args)).json();
    const folder = join(under.dataDir, "backups/uploaded");
    const upload: Site["upload"] = async (bytes, sha256) => {
      const { id } = await json("POST", PATH, { name: "a.tar.gz", bytes: bytes.length, sha256 });
      return { id, sent: await call("PATCH", `${PATH}/${id}`, bytes, PART) };
    };
    const left = () => {
      try {
        return [...Deno.readDirSync(folder)].map(({ name }) => name);
      } catch {
        return [];
      }
    };
    await run({ under, token, folder, call, json, upload, left });
  } finally {
    await under.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A good archive of another plant, named Hall; encrypted for the recipient. */
async function archive(recipient?: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "perch-other-" });
  try {
    await makePlant(folder);
    const request = requestFor(folder, 1, recipient);
    await backUp(request);
    return await Deno.readFile(request.target);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sends a part of which the connection breaks after `bytes`. */
async function breakOff(
  { under, token }: Site,
  path: string,
  bytes: Uint8Array,
  declared: number,
): Promise<void> {
  const { hostname, port } = new URL(under.url);
  using socket = await Deno.connect({ hostname, port: Number(port) });
  const head =
    `PATCH ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\n` +
    `content-type: ${
      PART["content-type"]
    }\r\nupload-offset: 0\r\ncontent-length: ${declared}\r\n\r\n`;
  const all = new Uint8Array([...new TextEncoder().encode(head), ...bytes]);
  for (let done = 0; done < all.length;) done += await socket.write(all.subarray(done));
  await until("the part", async () => {
    const { size } = await Deno.stat(
      join(under.dataDir, "backups/uploaded", `${path.split("/").at(-1)}.partial`),
    );
    return size === bytes.length ? true : null;
  });
}

Deno.test("upload: parts, a broken connection, another start and a wrong offset; then it is checked and listed", () =>
  withSite(async (site) => {
    const { call, json, left } = site;
    const bytes = await archive();
    const declared = { name: "../my hall.tar.gz", bytes: bytes.length, sha256: sha256(bytes) };
    const begun = await call("POST", PATH, declared);
    assert.equal(begun.status, 201);
    const at = begun.headers.get("location")!;
    const { id, name, state } = await begun.json();
    assert.equal(at, `${PATH}/${id}`);
    assert.deepEqual([name, state], ["my-hall.tar.gz", "coming"]);

    const half = Math.floor(bytes.length / 2);
    await breakOff(site, at, bytes.subarray(0, half), bytes.length);
    const head = await until("the end of the broken one", async () => {
      const head = await call("HEAD", at);
      const again = await call("PATCH", at, bytes.subarray(half, half + 10), {
        ...PART,
        "upload-offset": String(half),
      });
      await again.body?.cancel();
      return again.status === 204 ? head : null;
    });
    const { headers } = head;
    assert.deepEqual(
      ["upload-offset", "upload-length", "tus-resumable", "cache-control"].map((h) =>
        headers.get(h)
      ),
      [String(half), String(bytes.length), "1.0.0", "no-store"],
    );
    for (const offset of ["0", String(half), String(half + 11), "-1", "x"]) {
      const wrong = await call("PATCH", at, bytes.subarray(half), {
        ...PART,
        "upload-offset": offset,
      });
      assert.equal(wrong.status, /^\d+$/.test(offset) ? 409 : 400, offset);
      await wrong.body?.cancel();
    }
    const asJson = await call("PATCH", at, { a: 1 });
    assert.equal(asJson.status, 415, await asJson.text());
    const early = await call("POST", "/api/restore/check", { file: id });
    assert.equal(early.status, 404, await early.text());

    const rest = await call("PATCH", at, bytes.subarray(half + 10), {
      ...PART,
      "upload-offset": String(half + 10),
    });
    assert.equal(rest.status, 204, await rest.text());
    const { items: [whole] } = await json("GET", PATH);
    assert.deepEqual(
      [whole.state, whole.received, whole.site, whole.encrypted],
      ["whole", bytes.length, "Hall", false],
    );
    assert.deepEqual(left().sort(), [id, `${id}.json`]);
    assert.deepEqual((await json("GET", "/api/backups")).items, [], "it is no backup");
    const plan = await json("POST", "/api/restore/check", { file: id });
    assert.deepEqual(
      [plan.manifest?.site.name, plan.findings?.foreign],
      ["Hall", true],
      `${plan.detail}`,
    );
    assert.deepEqual(plan.findings.people_back, []);
    const removed = await call("DELETE", at);
    assert.equal(removed.status, 204);
    assert.deepEqual(left(), []);
    const { items } = await site.under.app.parts().access.audit.list({ action: "backup" });
    assert.deepEqual(items.map(({ action }) => action), ["backup.delete_upload", "backup.upload"]);
  }));

Deno.test("upload: what is not what was declared, no archive, or too much is refused, and nothing stays", () =>
  withSite(async ({ under, call, json, upload, left }) => {
    const bytes = await archive();
    const cases: [string, Uint8Array<ArrayBuffer>, string | undefined, RegExp][] = [
      ["another sha256", bytes, "0".repeat(64), /is not what was declared/],
      ["no archive", randomBytes(3_000), undefined, /a\.tar\.gz is no backup of Perch/],
      ["cut off", bytes.slice(0, 30), undefined, /a\.tar\.gz is damaged or cut off/],
    ];
    for (const [title, content, hash, says] of cases) {
      const { sent } = await upload(content, hash);
      const problem = await sent.text();
      assert.equal(sent.status, 400, title);
      assert.match(problem, says, title);
      assert.ok(!problem.includes(under.dataDir), title);
      assert.deepEqual(left(), [], title);
    }
    const { id } = await json("POST", PATH, { name: "a", bytes: 10 });
    const more = await call("PATCH", `${PATH}/${id}`, bytes.subarray(0, 11), PART);
    assert.equal(more.status, 400, await more.text());
    assert.deepEqual(left(), []);
    const huge = await call("POST", PATH, { name: "a", bytes: 9e11 });
    assert.equal(huge.status, 507);
    assert.match((await huge.json()).detail, /too little room .* nothing was changed/);
    for (
      const body of [{ name: "a" }, { name: "", bytes: 1 }, { name: "a", bytes: -1 }, {
        name: "a",
        bytes: 1,
        x: 1,
      }]
    ) {
      assert.equal((await json("POST", PATH, body)).status, 400);
    }
    for (let n = 0; n < 3; n++) await json("POST", PATH, { name: "a", bytes: 10 });
    const fourth = await json("POST", PATH, { name: "a", bytes: 10 });
    assert.deepEqual([fourth.status, left().length], [409, 6]);
    // Nobody goes on with them: the next one finds room.
    for (const name of left()) {
      await Deno.utime(join(under.dataDir, "backups/uploaded", name), 1, 1);
    }
    assert.equal((await json("POST", PATH, { name: "a", bytes: 10 })).state, "coming");
    assert.equal(left().length, 2);
  }));

Deno.test("upload: hostile archives are refused with it or when they are checked, and nothing of them stays", () =>
  withSite(async ({ under, json, call, upload, left }) => {
    const before = [...Deno.readDirSync(under.dataDir)].map(({ name }) => name).sort();
    const all = Object.entries(HOSTILE).filter((_, at) => at % EVERY === 0);
    for (const [title, [entries, says]] of all) {
      const { id, sent } = await upload(await gzip(await tarOf(entries)));
      let refused = await sent.text();
      if (sent.status === 204) {
        const answer = await call("POST", "/api/restore/check", { file: id });
        assert.ok([400, 409].includes(answer.status), `${title}: ${answer.status}`);
        refused = await answer.text();
        if (answer.status === 409) await call("DELETE", `${PATH}/${id}`);
      }
      assert.match((JSON.parse(refused)).detail, says, title);
      assert.deepEqual(left(), [], title);
    }
    const after = [...Deno.readDirSync(under.dataDir)].map(({ name }) => name).sort();
    assert.deepEqual(after.filter((name) => !before.includes(name)), ["backups"]);
    assert.equal((await json("GET", "/api/restore")).job, null);
  }));

Deno.test("restore of an upload: refused without the code, with a used one, with another name, by a key", async () => {
  const handed: HandedOver[] = [];
  await withSite((site) => proveRestore(site, handed), (one) => void handed.push(one));
});

async function proveRestore(
  { under, call, json, upload }: Site,
  handed: HandedOver[],
): Promise<void> {
  const { access } = under.app.parts();
  const { secret } = await json("POST", "/api/users/me/second-factor");
  const used = new TOTP({ secret }).generate();
  const confirmed = await call("POST", "/api/users/me/second-factor/confirm", {
    code: used,
  });
  const { recovery_codes: [fresh, second, third, fourth] } = await confirmed.json();
  const identity = await generateX25519Identity();
  const plain = (await upload(await archive())).id;
  const sealed = (await upload(await archive(await identityToRecipient(identity)))).id;
  const good = { file: plain, site: "Hall", password: PASSWORD };
  const refused = async (body: unknown, status: number, says: RegExp) => {
    const answer = await call("POST", "/api/restore", body);
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    assert.match(text, says);
  };
  await refused(good, 403, /the code is wrong/);
  await refused({ ...good, code: used }, 403, /the code is wrong/);
  await refused({ ...good, code: fresh, password: "another" }, 403, /the password is wrong/);
  await refused({ ...good, code: fresh, site: "Perch" }, 400, /Type the name of the plant/);
  await refused({ ...good, code: fresh }, 403, /the code is wrong/);
  await refused({ ...good, file: sealed, code: second }, 400, /type its private key/);
  const { key } = await access.keys.add({ name: "k", role: "admin" }, tester);
  for (const path of [PATH, "/api/restore"]) {
    const byKey = await fetch(under.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(path === PATH ? { name: "a", bytes: 1 } : { ...good, code: third }),
    });
    assert.equal(byKey.status, 403, await byKey.text());
  }
  const wrongKey = await json("POST", "/api/restore/check", {
    file: sealed,
    identity: await generateX25519Identity(),
  });
  assert.match(wrongKey.detail, /None of the keys opens/);
  assert.equal((await json("GET", PATH)).items.length, 2, "a wrong key takes nothing away");
  assert.equal((await json("GET", "/api/restore")).job, null);

  // What is in an encrypted one is known when it is open.
  const asked = { ...good, file: sealed, identity };
  const begun = await json("POST", "/api/restore", { ...asked, site: "Perch", code: third });
  assert.equal(begun.state, "checking", JSON.stringify(begun));
  const ended = () =>
    until("the restore", async () => {
      const { job } = await json("GET", "/api/restore");
      return job.state === "checking" ? null : job;
    });
  assert.match((await ended()).error, /type the name of the plant in the backup, Hall/);
  const below = () => [...Deno.readDirSync(under.dataDir)].map(({ name }) => name);
  assert.deepEqual([handed, below().filter((name) => name.startsWith(".restore"))], [[], []]);
  await json("POST", "/api/restore", { ...asked, code: fourth });
  assert.deepEqual([(await ended()).state, handed.length], ["ready", 1]);
}
