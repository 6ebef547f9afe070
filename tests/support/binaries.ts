/** The compiled binaries, as `deno task compile` and `compile:arm64` make them. */
import { ROOT } from "./perch.ts";

export interface Binary {
  name: string;
  /** Below the repository. */
  file: string;
  path: string;
  /** What stands before it on this host: qemu where it is another's. */
  runner: string[];
  /** Most ms until it is ready. */
  readyMs: number;
  isThere: boolean;
}

/** Both; one that is missing is reported as SKIPPED, and is an error with `PERCH_TEST_REQUIRE=all`. */
export function binaries(): Binary[] {
  return [
    binary("x86-64", "dist/perch", "x86_64", 60_000),
    binary("ARM64", "dist/perch-arm64", "aarch64", 300_000),
  ];
}

function binary(name: string, file: string, arch: string, readyMs: number): Binary {
  const path = ROOT + file;
  const runner = arch === Deno.build.arch ? [] : [`qemu-${arch}-static`];
  const there = isFile(path);
  if (!there) {
    const task = name === "ARM64" ? "compile:arm64" : "compile";
    const message = `${file} is missing: deno task ${task}`;
    if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(message);
    console.warn(`SKIPPED: ${message}`);
  }
  return { name, file, path, runner, readyMs, isThere: there };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
