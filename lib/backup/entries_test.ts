import assert from "node:assert/strict";
import { manifestFor } from "../../tests/support/backup.ts";
import {
  manifestText,
  mostTarBytes,
  nameFault,
  readManifest,
  show,
  unpackedBytes,
} from "./entries.ts";

const bytes = new Uint8Array(10);

Deno.test("nameFault lets what belongs to a plant through, with names of every language", () => {
  for (
    const path of [
      "perch.db",
      "jwt.key",
      "channels.key",
      "files/attachments/k3.png",
      "files/photos/..k3.png",
      "codecs/pumpe/Größe.js",
      "drivers/日本/a b.js",
    ]
  ) assert.equal(nameFault(path), null, path);
});

Deno.test("nameFault refuses names that lead elsewhere, and what is no plant's", () => {
  const paths = [
    "",
    "/perch.db",
    "..",
    "codecs/../x",
    "codecs/.",
    "codecs//x",
    "codecs/x/",
    "a\0b",
  ];
  for (const path of [...paths, "codecs\\x", "codecs", "perch.db/x", "PERCH.DB", "logs/x"]) {
    assert.notEqual(nameFault(path), null, path);
  }
});

Deno.test("readManifest gives what was written, and the bytes that may come", () => {
  const manifest = manifestFor({ "perch.db": bytes, "codecs/a.js": bytes });
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  assert.deepEqual(readManifest(text, "a.tar.gz", false), manifest);
  assert.equal(unpackedBytes(manifest), 20);
  assert.ok(mostTarBytes(manifest) > text.length + 20);
});

Deno.test("readManifest takes keys in encrypted archives", () => {
  const manifest = manifestFor({ "perch.db": bytes, "jwt.key": bytes });
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  assert.equal(readManifest(text, "a", true).files.length, 2);
  assert.throws(() => readManifest(text, "a", false), /keys are in encrypted backups only/);
});

Deno.test("show cuts a long name off and shows what cannot be seen", () => {
  assert.equal(show("a\nb"), '"a\\nb"');
  assert.equal(show("x".repeat(500)).length, 119);
});

Deno.test("manifestText refuses more files than any archive may have, before one is packed", () => {
  const manifest = manifestFor({});
  const file = (n: number) => ({
    path: `files/attachments/${String(n).padStart(32, "0")}.png`,
    bytes: 1,
    sha256: "0".repeat(64),
  });
  manifest.files = Array.from({ length: 50_000 }, (_, n) => file(n));
  assert.ok(manifestText(manifest).length > 7_000_000);
  manifest.files = Array.from({ length: 60_000 }, (_, n) => file(n));
  assert.throws(() => manifestText(manifest), /60000 files, too many for one backup.*8388608 are/);
});
