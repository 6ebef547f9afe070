import assert from "node:assert/strict";
import { join } from "node:path";
import { picture } from "../../tests/support/pictures.ts";
import { type ErrorCode, PerchError } from "./errors.ts";
import { createFileStore, type FileStore, type FileStoreOptions } from "./file_store.ts";

const PICTURES = ["image/png", "image/jpeg", "image/webp"];

async function withStore(
  run: (store: FileStore, folder: string) => Promise<void>,
  options: Partial<FileStoreOptions> = {},
): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "perch-files-" });
  const folder = join(data, "files", "photos");
  try {
    await run(createFileStore({ folder, types: PICTURES, mostBytes: 10_000, ...options }), folder);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

function refused(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof PerchError && error.code === code && message.test(error.message);
}

Deno.test("createFileStore keeps a file under a random name, for its owner alone, and gives it back", () =>
  withStore(async (store, folder) => {
    for (
      const [kind, type] of [["png", "image/png"], ["jpg", "image/jpeg"], ["webp", "image/webp"]]
    ) {
      const bytes = picture(kind as "png");
      const file = await store.put(bytes, (file) => Promise.resolve(file));
      assert.match(file.name, new RegExp(`^[0-9a-z]{32}\\.${kind}$`));
      assert.deepEqual(
        [file.type, file.bytes, file.picture],
        [type, bytes.length, { width: 16, height: 8 }],
      );
      assert.deepEqual(await store.read(file.name), bytes);
      assert.equal(Deno.statSync(join(folder, file.name)).mode! & 0o777, 0o600);
    }
    assert.equal(Deno.statSync(folder).mode! & 0o777, 0o700);
  }));

Deno.test("createFileStore refuses what is not allowed by its content, whatever it is called", () =>
  withStore(async (store, folder) => {
    const text = (given: string) => new TextEncoder().encode(given);
    const commit = () => Promise.reject(new Error("must not be asked"));
    const kinds = /allowed: image\/png, image\/jpeg, image\/webp/;
    for (
      const [bytes, message] of [
        [new Uint8Array(), /empty/],
        [text("<svg onload=alert(1)>"), kinds],
        [text("<html><script>alert(1)</script>"), kinds],
        [text("%PDF-1.7"), /a pdf file by its content/],
        [picture("gif"), /a gif file/],
        [text("MZ\u0090"), kinds],
        [picture("png").slice(0, 12), /damaged/],
        [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70), /damaged/],
      ] as const
    ) {
      await assert.rejects(store.put(bytes, commit), refused("validation", message));
    }
    await assert.rejects(
      store.put(new Uint8Array(10_001), commit),
      refused("payload_too_large", /MB are allowed/),
    );
    assert.throws(() => names(folder), Deno.errors.NotFound);
  }));

Deno.test("createFileStore refuses pictures of too many pixels", () =>
  withStore(async (store) => {
    // The header alone says how large it is: width and height stand at 16 and 20.
    const bomb = picture("png");
    new DataView(bomb.buffer).setUint32(16, 60_000);
    new DataView(bomb.buffer).setUint32(20, 60_000);
    await assert.rejects(
      store.put(bomb, () => Promise.resolve()),
      refused("validation", /60000 × 60000 pixels; 50 million are allowed/),
    );
  }));

Deno.test("createFileStore takes plain text where it is allowed, and nothing binary as text", () =>
  withStore(async (store) => {
    const put = (bytes: Uint8Array) => store.put(bytes, (file) => Promise.resolve(file));
    const file = await put(new TextEncoder().encode("Öl gewechselt\tam 3. Mai\r\n"));
    assert.deepEqual([file.type, file.picture], ["text/plain", null]);
    assert.match(file.name, /\.txt$/);
    await assert.rejects(put(Uint8Array.of(65, 0, 66)), refused("validation", /no known type/));
    await assert.rejects(put(Uint8Array.of(0xc3, 0x28)), refused("validation", /no known type/));
  }, { types: ["image/png", "text/plain"] }));

Deno.test("createFileStore holds to its quota, also over a restart, and frees what is removed", () =>
  withStore(async (store, folder) => {
    const bytes = picture("png");
    const options = { folder, types: PICTURES, mostBytes: 10_000 };
    const put = (store: FileStore) => store.put(bytes, ({ name }) => Promise.resolve(name));
    const first = await put(store);
    await put(store);
    const again = createFileStore({ ...options, quotaBytes: () => 2.5 * bytes.length });
    assert.equal(await again.usedBytes(), 2 * bytes.length);
    await assert.rejects(put(again), refused("storage_full", /remove some first/));
    await again.remove(first);
    assert.equal(await again.read(first), null);
    await put(again);
    await again.remove("../../etc/passwd");
    assert.equal(await again.read("../photos/x"), null);
  }));

Deno.test("createFileStore removes the file when its row cannot be written", () =>
  withStore(async (store, folder) => {
    const fails = () => Promise.reject(new Error("the row cannot be written"));
    await assert.rejects(store.put(picture("png"), fails), /row cannot be written/);
    assert.deepEqual(names(folder), []);
    assert.equal(await store.usedBytes(), 0);
  }));

Deno.test("createFileStore.sweep removes what no row names, and nothing of a put under way", () =>
  withStore(async (store, folder) => {
    const put = (store: FileStore) =>
      store.put(picture("png"), ({ name }) => Promise.resolve(name));
    const [kept, orphan] = [await put(store), await put(store)];
    Deno.writeTextFileSync(join(folder, ".x.tmp"), "half");
    Deno.writeTextFileSync(join(folder, "README"), "somebody's own");
    let written = "";
    await store.put(picture("jpg"), async ({ name }) => {
      written = name;
      assert.equal(await store.sweep(() => Promise.resolve(new Set([kept]))), 1);
    });
    assert.deepEqual(names(folder).sort(), [".x.tmp", "README", kept, written].sort());
    assert.equal(await store.sweep(() => Promise.resolve(new Set([kept, written]))), 1);
    assert.deepEqual(names(folder).sort(), ["README", kept, written].sort());
    assert.equal(await store.read(orphan), null);
  }));

Deno.test("createFileStore passes on what the disk reported", () =>
  withStore(async (store, folder) => {
    Deno.mkdirSync(join(folder, ".."), { recursive: true });
    Deno.writeTextFileSync(folder, "a file where the folder should be");
    await assert.rejects(
      store.put(picture("png"), () => Promise.resolve()),
      refused("storage_failed", /cannot be written or read/),
    );
  }));

Deno.test("createFileStore takes nothing while the disk is full, and gives what it has", () => {
  let full: PerchError | null = null;
  const bytes = picture("png");
  return withStore(async (store) => {
    const { name } = await store.put(bytes, (file) => Promise.resolve(file));
    full = new PerchError("storage_full", "the disk is full");
    await assert.rejects(
      store.put(bytes, () => Promise.resolve()),
      refused("storage_full", /^the disk is full$/),
    );
    assert.deepEqual(await store.read(name), bytes);
    await store.remove(name);
  }, { refusal: () => full });
});
