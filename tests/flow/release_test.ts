/** A release as the owner of a host meets it: what it carries, and whether it is newer than what runs here. */
import assert from "node:assert/strict";
import { carriedBy } from "../../.ci/carried.ts";
import { billOfMaterials } from "../../.ci/sbom.ts";
import { VERSION } from "../../lib/base/version.ts";
import type { Release } from "../../lib/cli/release.ts";
import { perch, withDir } from "../support/command_line.ts";
import { ROOT } from "../support/perch.ts";

const FILE = {
  name: "perch-9.0.0-linux-x64",
  target: Deno.build.target,
  bytes: 1,
  sha256: "0".repeat(64),
};
const RELEASE: Release = {
  version: "9.0.0",
  created_ms: 1,
  schema: "0001_readings",
  files: [FILE],
};

Deno.test("release: the bill of materials has every package, where it is from, its hash and licence", async () => {
  const carried = await carriedBy(ROOT.replace(/\/$/, ""));
  const names = carried.map(({ name }) => name);
  for (
    const name of [
      "hono",
      "preact",
      "zod",
      "drizzle-orm",
      "@libsql/client",
      "hash-wasm",
      "uplot",
      "pdfkit",
      "hucre",
    ]
  ) {
    assert.ok(names.includes(name), `${name} is carried`);
  }
  for (const name of ["playwright-core", "axe-core", "fast-check", "drizzle-kit"]) {
    assert.ok(!names.includes(name), `${name} is for tests alone`);
  }
  const bom = JSON.parse(
    billOfMaterials({ name: "perch", version: "1.2.3", createdMs: 0 }, carried),
  );
  assert.deepEqual([bom.bomFormat, bom.metadata.component.version], ["CycloneDX", "1.2.3"]);
  assert.equal(bom.components.length, carried.length);
  for (const one of bom.components) {
    assert.match(one.purl, /^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d/);
    assert.match(one.hashes[0].content, /^[0-9a-f]{128}$/, one.name);
    assert.ok(one.licenses[0].license.id ?? one.licenses[0].license.name, one.name);
  }
});

Deno.test("version --check names a newer release, from a file, a folder and an address", () =>
  withDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/release.json`, JSON.stringify(RELEASE));
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) =>
        request.url.endsWith("/release.json")
          ? Response.json(RELEASE)
          : request.url.endsWith("/latest")
          ? Response.redirect("https://elsewhere.example/release.json")
          : new Response("no", { status: 404 }),
    );
    const url = `http://127.0.0.1:${server.addr.port}`;
    try {
      for (const place of [`${dir}/release.json`, dir, `${url}/release.json`, `${url}/`]) {
        const { code, out } = await perch(dir, ["version", "--check", place]);
        assert.equal(code, 1, place);
        assert.match(out, new RegExp(`perch 9\\.0\\.0 is there; this is ${VERSION}`));
        assert.ok(out.includes(FILE.name) && out.includes(FILE.sha256), out);
      }
      const gone = await perch(dir, ["version", "--check", `${url}/other.json`]);
      assert.equal(gone.code, 2);
      assert.match(gone.err, /other\.json answered 404 instead of 200/);
      const led = await perch(dir, ["version", "--check", `${url}/latest`]);
      assert.equal(led.code, 2);
      assert.match(led.err, /leads to https:\/\/elsewhere\.example\/release\.json, which is not/);
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("version --check of the same or an older release is good; what describes none is refused", () =>
  withDir(async (dir) => {
    const checked = async (text: string, ...more: string[]) => {
      await Deno.writeTextFile(`${dir}/release.json`, text);
      return await perch(dir, ["version", "--check", dir, ...more]);
    };
    const same = await checked(JSON.stringify({ ...RELEASE, version: VERSION }));
    assert.deepEqual([same.code, same.out], [0, `perch ${VERSION} is the newest.`]);
    const older = await checked(JSON.stringify({ ...RELEASE, version: "0.0.1-beta.2" }), "--json");
    assert.deepEqual([older.code, JSON.parse(older.out).verdict], [0, "older"]);
    for (
      const [text, says] of [
        ["", /release\.json is not JSON|is not JSON/],
        ["[]", /does not describe a release of Perch/],
        [JSON.stringify({ ...RELEASE, version: "newest" }), /version: a version like 1\.2\.3/],
        [JSON.stringify({ ...RELEASE, files: [{ ...FILE, sha256: "x" }] }), /files\.0\.sha256/],
      ] as const
    ) {
      const { code, err } = await checked(text);
      assert.equal(code, 2, text);
      assert.match(err, says);
      assert.match(err, /Give --check the path or the http\(s\) address/);
    }
    const missing = await perch(dir, ["version", "--check", `${dir}/nothing`]);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /nothing cannot be read/);
  }));
