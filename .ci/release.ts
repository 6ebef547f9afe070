/**
 * Builds a release: both binaries, what they are (`release.json`, which `perch version --check` reads), their
 * checksums (`SHA256SUMS`, for `sha256sum --check`) and what they carry (`sbom.cdx.json`, CycloneDX).
 *
 *   deno run -A .ci/release.ts [--built]      --built: with the binaries that lie in dist/
 *
 * The data directory that this release writes is kept in `tests/fixtures/`, where every later one has to open it.
 * Where the compile runtimes cannot be downloaded, DENORT_BIN_X64 and DENORT_BIN_ARM64 name them.
 */
import { fileURLToPath } from "node:url";
import { hashFile } from "../lib/base/file_bytes.ts";
import { VERSION } from "../lib/base/version.ts";
import { type Release, RELEASE_NAME } from "../lib/cli/release.ts";
import { keepFixture } from "../tests/fixtures/make.ts";
import { carriedBy } from "./carried.ts";
import { billOfMaterials } from "./sbom.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BINARIES = [
  {
    task: "compile",
    made: "dist/perch",
    name: `perch-${VERSION}-linux-x64`,
    target: "x86_64-unknown-linux-gnu",
    runtime: "DENORT_BIN_X64",
  },
  {
    task: "compile:arm64",
    made: "dist/perch-arm64",
    name: `perch-${VERSION}-linux-arm64`,
    target: "aarch64-unknown-linux-gnu",
    runtime: "DENORT_BIN_ARM64",
  },
];

const folder = `${ROOT}dist/release-${VERSION}`;
const createdMs = Date.now();
if (!Deno.args.includes("--built")) { for (const binary of BINARIES) await compile(binary); }
await Deno.remove(folder, { recursive: true }).catch(() => {});
await Deno.mkdir(folder, { recursive: true });
const files: Release["files"] = [];
for (const { made, name, target } of BINARIES) {
  await Deno.copyFile(ROOT + made, `${folder}/${name}`);
  files.push(await describe(name, target));
}
await Deno.writeTextFile(
  `${folder}/sbom.cdx.json`,
  billOfMaterials({ name: "perch", version: VERSION, createdMs }, await carriedBy(ROOT)),
);
files.push(await describe("sbom.cdx.json", null));
const release: Release = {
  version: VERSION,
  created_ms: createdMs,
  schema: [...Deno.readDirSync(`${ROOT}migrations`)].map(({ name }) => name).filter((name) =>
    name.endsWith(".sql")
  ).sort().at(-1)!.replace(/\.sql$/, ""),
  files,
};
await Deno.writeTextFile(`${folder}/${RELEASE_NAME}`, JSON.stringify(release, null, 2) + "\n");
const sums = [...files, await describe(RELEASE_NAME, null)];
await Deno.writeTextFile(
  `${folder}/SHA256SUMS`,
  sums.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""),
);
for (const { name, bytes, sha256 } of sums) {
  console.log(`${sha256.slice(0, 16)}…  ${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${name}`);
}
console.log(`dist/release-${VERSION}`);
const fixture = await keepFixture();
if (fixture !== null) console.log(`${fixture}: commit it with the release`);
Deno.exit(0);

async function compile({ task, runtime }: typeof BINARIES[number]): Promise<void> {
  const given = Deno.env.get(runtime);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["task", task],
    cwd: ROOT,
    env: given ? { DENORT_BIN: given } : {},
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

async function describe(name: string, target: string | null): Promise<Release["files"][number]> {
  return { name, target, ...await hashFile(`${folder}/${name}`) };
}
