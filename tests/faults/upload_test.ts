/**
 * Z27: a disk that fills up while an archive is uploaded: the upload is refused with a sentence, what had come of it is
 * gone, and Perch goes on. Its control: SABOTAGE=upload_stays keeps what had come, and the test must be red.
 */
import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { randomBytes } from "../support/backup.ts";
import { haveMounts, type SmallDisk, smallDisk } from "../support/disk.ts";
import { sabotaged } from "../support/sabotage.ts";

const DISK_MB = 64;
const ARCHIVE_BYTES = 24_000_000;
const PATH = "/api/restore/uploads";
const tester = { ...systemActor("test"), address: "127.0.0.1" };

/** Leaves so much free. */
async function leave(disk: SmallDisk, bytes: number): Promise<void> {
  const { bavail, bsize } = statfsSync(disk.path);
  await disk.take(bavail * bsize - bytes);
}

Deno.test({
  name: "upload: a disk that fills up half-way is said, costs nothing, and gets its room back",
  ignore: !haveMounts(),
}, async () => {
  await using disk = await smallDisk(DISK_MB);
  const dataDir = join(disk.path, "data");
  const under = await startApp({ PERCH_DATA: dataDir });
  const remove = Deno.remove;
  try {
    const { access, uploads } = under.app.parts();
    const who = { email: "a@example.org", password: "long enough" };
    await access.users.add({ ...who, role: "admin" }, tester);
    const { access_token } = await access.signIn.api({ ...who, from: tester });
    const call = (method: string, path: string, body: BodyInit, type?: string, offset = 0) =>
      fetch(under.url + path, {
        method,
        headers: {
          authorization: `Bearer ${access_token}`,
          "upload-offset": String(offset),
          ...(type === undefined ? {} : { "content-type": type }),
        },
        body,
      });
    if (sabotaged("upload_stays")) {
      Deno.remove = (path, options) =>
        `${path}`.endsWith(".partial") ? Promise.resolve() : remove(path, options);
    }
    const bytes = randomBytes(ARCHIVE_BYTES);
    const part = "application/offset+octet-stream";
    const half = ARCHIVE_BYTES / 2;
    const halfUploaded = async () => {
      const declared = JSON.stringify({ name: "a.tar.gz", bytes: ARCHIVE_BYTES });
      const { id } = await (await call("POST", PATH, declared, "application/json")).json();
      const first = await call("PATCH", `${PATH}/${id}`, bytes.subarray(0, half), part);
      assert.equal(first.status, 204, await first.text());
      return id;
    };
    const refused = async (answer: Response) => {
      const text = await answer.text();
      assert.equal(answer.status, 507, text);
      assert.match(text, /too little room|o space left/);
      assert.deepEqual(await uploads.list(), []);
      const left = [...Deno.readDirSync(join(dataDir, "backups/uploaded"))];
      assert.deepEqual(left.map(({ name }) => name), []);
    };
    // Below what stays free for others; and not a byte.
    for (const free of [1_000_000, 0]) {
      const id = await halfUploaded();
      await leave(disk, free);
      await refused(await call("PATCH", `${PATH}/${id}`, bytes.subarray(half), part, half));
      await disk.free();
    }
    await leave(disk, 8_000_000);
    const form = new FormData();
    form.set("file", new Blob([bytes]), "a.tar.gz");
    await refused(await call("POST", "/settings/backups/restore/upload", form));
    const early = JSON.stringify({ name: "a.tar.gz", bytes: ARCHIVE_BYTES });
    await refused(await call("POST", PATH, early, "application/json"));
    await disk.free();
    await halfUploaded();
    assert.equal((await fetch(`${under.url}/health/live`)).status, 200);
  } finally {
    Deno.remove = remove;
    await under.close();
  }
});
