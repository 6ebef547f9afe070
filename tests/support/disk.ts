import { join } from "node:path";

/** A small file system of its own, in memory, that can be filled to the last byte. */
export interface SmallDisk extends AsyncDisposable {
  path: string;
  /** Takes all room that is left. */
  fill(): Promise<void>;
  /** Takes so many bytes, or what is left of them. */
  take(bytes: number): Promise<void>;
  /** Gives back what was taken. */
  free(): Promise<void>;
}

/**
 * Whether file systems can be mounted (root, and a container that lets it). Where not, this is reported as
 * SKIPPED, and is an error with `PERCH_TEST_REQUIRE=all`.
 */
export function haveMounts(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "perch-mount-" });
  const mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
  if (mounted) run("umount", folder);
  Deno.removeSync(folder);
  if (mounted) return true;
  const message = "file systems cannot be mounted here (run the tests as root)";
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

/** Mounts one; disposing it unmounts it. */
export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const path = await Deno.makeTempDir({ prefix: "perch-disk-" });
  if (!run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path)) {
    throw new Error("mount failed");
  }
  const ballast = join(path, "ballast");
  const take = async (wanted: number) => {
    let bytes = Math.ceil(wanted);
    using file = await Deno.open(ballast, { append: true, create: true });
    for (let block = 65_536; block >= 1 && bytes > 0;) {
      try {
        bytes -= await file.write(new Uint8Array(Math.min(block, bytes)));
      } catch {
        block = block > 4096 ? 4096 : block > 64 ? 64 : block === 1 ? 0 : 1;
      }
    }
  };
  return {
    path,
    take,
    fill: () => take(Infinity),
    free: () => Deno.remove(ballast).catch(() => {}),
    async [Symbol.asyncDispose]() {
      for (let tries = 0; tries < 50 && !run("umount", path); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await Deno.remove(path).catch(() => {});
    },
  };
}

function run(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stderr: "null", stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
