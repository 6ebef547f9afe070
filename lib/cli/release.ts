// @ts-types="@types/semver"
import semver from "semver";
import { z } from "zod";

/** The file that describes a release, beside its binaries. */
export const RELEASE_NAME = "release.json";

/** What `deno task release` writes and `perch version --check` reads. */
export const releaseShape = z.object({
  version: z.string().refine((text) => semver.valid(text) !== null, "a version like 1.2.3"),
  created_ms: z.int(),
  /** Name of the last migration that it knows. */
  schema: z.string(),
  files: z.array(z.object({
    name: z.string(),
    /** As Rust names it: `aarch64-unknown-linux-gnu`. Null: for all. */
    target: z.string().nullable(),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })),
});
export type Release = z.output<typeof releaseShape>;

export type Verdict = "current" | "newer" | "older";

/** How a release compares with this version (SemVer 2.0). */
export function compareRelease(release: Pick<Release, "version">, own: string): Verdict {
  const order = semver.compare(release.version, own);
  return order === 0 ? "current" : order > 0 ? "newer" : "older";
}

/** The binary of a release for a host; null: it has none. */
export function binaryFor(release: Release, target: string): Release["files"][number] | null {
  return release.files.find((file) => file.target === target) ?? null;
}
