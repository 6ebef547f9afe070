/**
 * Z11: archives that are damaged, cut off, made by an attacker, or opened with the wrong key are refused, and nothing
 * is written outside the folder they are unpacked to. `FLIPS_N` bytes are flipped (100) in a plain and in an
 * encrypted archive, beside one in each 64 kB. Controls: `SABOTAGE=careless_tar` unpacks whatever the entries are
 * called, and ignores errors.
 */
import { unpackTar } from "modern-tar";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PerchError } from "../../lib/base/errors.ts";
import {
  backUp,
  contentOf,
  gzip,
  makePlant,
  randomBytes,
  requestFor,
  tarOf,
  unpackFiles,
} from "../support/backup.ts";
import { noneOf } from "../support/figures.ts";
import { joined } from "../support/files.ts";
import { CODEC, DATABASE, file, FILES, HOSTILE, listed } from "../support/hostile_archives.ts";
import { sabotaged } from "../support/sabotage.ts";

const FLIPS = Number(Deno.env.get("FLIPS_N") ?? 100);
const STEP = 65_536;

/** The sentence with which an archive is refused; null: it was unpacked. */
async function refusal(
  file: string,
  into: string,
  identity: string | null = null,
  mostBytes?: number,
): Promise<string | null> {
  if (sabotaged("careless_tar")) return await unpackCarelessly(file, into);
  try {
    await unpackFiles(file, into, identity, mostBytes);
    return null;
  } catch (error) {
    assert.ok(error instanceof PerchError, `${error}`);
    assert.ok(["validation", "conflict"].includes(error.code), `${error.code}: ${error.message}`);
    return error.message;
  }
}

/** What many programs do. */
async function unpackCarelessly(file: string, into: string): Promise<null> {
  await Deno.mkdir(into, { recursive: true });
  try {
    for (const { header, data } of await unpackTar(gunzipSync(await Deno.readFile(file)))) {
      await Deno.mkdir(dirname(join(into, header.name)), { recursive: true });
      await Deno.writeFile(join(into, header.name), data ?? new Uint8Array());
    }
  } catch {
    // As they do.
  }
  return null;
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-archive-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Archive {
  file: string;
  identity: string | null;
}

/** Made once for all tests of this file. */
let made: Promise<Archive[]> | undefined;
const archives = () => made ??= makeArchives();

/** Backups of one plant: plain, and encrypted for the identity. */
async function makeArchives(): Promise<Archive[]> {
  const folder = await Deno.makeTempDir({ prefix: "perch-archives-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await makePlant(folder);
  const identity = await generateX25519Identity();
  const plain = requestFor(folder, 1);
  const encrypted = requestFor(folder, 2, await identityToRecipient(identity));
  await backUp(plain);
  await backUp(encrypted);
  return [{ file: plain.target, identity: null }, { file: encrypted.target, identity }];
}

Deno.test(`a backup with a flipped byte is refused, ${FLIPS} times and in each 64 kB, or gives the same files`, async () => {
  await withFolder(async (folder) => {
    for (const { file, identity } of await archives()) {
      const bytes = await Deno.readFile(file);
      const whole = join(folder, "whole");
      await unpackFiles(file, whole, identity);
      const right = await contentOf(whole);
      await Deno.remove(whole, { recursive: true });
      const flipped = join(folder, "flipped");
      const into = join(folder, "into");
      let harmless = 0;
      const places = Array.from({ length: FLIPS }, () => Math.floor(Math.random() * bytes.length));
      for (let at = 0; at < bytes.length; at += STEP) places.push(at);
      for (const at of places) {
        const copy = bytes.slice();
        copy[at] ^= 1 << Math.floor(Math.random() * 8);
        await Deno.writeFile(flipped, copy);
        const sentence = await refusal(flipped, into, identity);
        if (sentence === null) {
          harmless++;
          assert.deepEqual(await contentOf(into), right, `byte ${at} of ${bytes.length}`);
        } else assert.match(sentence, /flipped/, "it names the archive");
        await Deno.remove(into, { recursive: true }).catch(() => {});
      }
      console.log(
        `  ${
          identity === null ? "plain" : "encrypted"
        }: ${places.length} bytes flipped, ${harmless} harmless, ` +
          `wrong and not noticed ${noneOf(places.length)}`,
      );
      // Bits of the compression that nothing depends on.
      assert.ok(identity === null ? harmless < places.length / 10 : harmless === 0, `${harmless}`);
    }
  });
});

Deno.test("a backup that is cut off at each 64 kB, or by a few bytes, is refused", async () => {
  await withFolder(async (folder) => {
    for (const { file, identity } of await archives()) {
      const bytes = await Deno.readFile(file);
      const cuts = [1, 2, 8, 9, 16, 17, 500].map((n) => bytes.length - n);
      for (let at = 0; at < bytes.length; at += STEP) cuts.push(at, at + 16, at + 250);
      for (const at of cuts) {
        const cut = join(folder, "cut");
        await Deno.writeFile(cut, bytes.subarray(0, at));
        const sentence = await refusal(cut, join(folder, "into"), identity);
        assert.notEqual(sentence, null, `cut at ${at} of ${bytes.length}`);
        await Deno.remove(join(folder, "into"), { recursive: true });
      }
      for (const more of [new Uint8Array(1), new Uint8Array(512), randomBytes(1000)]) {
        const longer = join(folder, "longer");
        await Deno.writeFile(longer, new Uint8Array([...bytes, ...more]));
        assert.notEqual(await refusal(longer, join(folder, "into"), identity), null);
        await Deno.remove(join(folder, "into"), { recursive: true });
      }
    }
  });
});

Deno.test("an encrypted backup needs its own key, and a plain one takes none amiss", async () => {
  await withFolder(async (folder) => {
    const [plain, encrypted] = await archives();
    const into = (name: string) => join(folder, name);
    const other = await generateX25519Identity();
    const sentences = [
      await refusal(encrypted.file, into("1"), other),
      await refusal(encrypted.file, into("2")),
      await refusal(encrypted.file, into("3"), "AGE-SECRET-KEY-1NO"),
    ];
    assert.match(`${sentences[0]}`, /None of the keys opens/);
    assert.match(`${sentences[1]}`, /is encrypted: give the private key/);
    assert.match(`${sentences[2]}`, /no private key of age/);
    assert.equal(await refusal(plain.file, into("4"), other), null);
    const names = [...(await contentOf(into("4"))).keys()];
    assert.ok(!names.includes("jwt.key"), "keys are in encrypted archives only");
    await unpackFiles(encrypted.file, into("5"), encrypted.identity);
    assert.ok((await contentOf(into("5"))).has("jwt.key"));
  });
});

Deno.test(`a backup that an attacker made is refused in ${Object.keys(HOSTILE).length} forms, and writes nothing elsewhere`, async () => {
  await withFolder(async (folder) => {
    for (const [title, [entries, says]] of Object.entries(HOSTILE)) {
      const archive = join(folder, "hostile.tar.gz");
      await Deno.writeFile(archive, await gzip(await tarOf(entries)));
      const place = join(folder, "place");
      const sentence = await refusal(archive, join(place, "deep", "into"));
      assert.match(`${sentence}`, says, title);
      assert.ok(sentence!.includes(archive), title);
      assert.ok(sentence!.length < 400 + archive.length, title);
      const outside = [...(await contentOf(place)).keys()].filter((path) =>
        !path.startsWith("deep/into/")
      );
      assert.deepEqual(outside, [], title);
      await Deno.remove(place, { recursive: true });
    }
  });
});

Deno.test("a bomb is refused before it is unpacked: by its manifest, and by what comes out of it", async () => {
  await withFolder(async (folder) => {
    const archive = join(folder, "bomb.tar.gz");
    const into = join(folder, "into");
    const written = async () =>
      [...(await contentOf(into)).values()].reduce((sum, content) => sum + parseInt(content), 0);
    const big = new Uint8Array(16_000_000);
    const huge = new Uint8Array(80_000_000);
    const cases: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
      ["large and honest", await tarOf([listed({ "perch.db": big })]), /have 16000000 bytes, and/],
      [
        "larger than it says",
        await tarOf([listed(FILES), file("perch.db", big)]),
        /has 16000000 bytes, and 18 in the manifest|more comes out of it/,
      ],
      [
        "zeros behind the end",
        joined(
          await tarOf([listed(FILES), file("perch.db", DATABASE), file("codecs/a.js", CODEC)]),
          big,
        ),
        /more comes out of it than its manifest names/,
      ],
      ["zeros alone", huge, /more comes out/],
    ];
    for (const [title, tar, says] of cases) {
      await Deno.writeFile(archive, await gzip(tar));
      assert.match(`${await refusal(archive, into, null, 1_000_000)}`, says, title);
      assert.ok(await written() < 1000, title);
      await Deno.remove(into, { recursive: true });
    }
  });
});
