import { join } from "node:path";
import { until } from "./until.ts";

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
      await unmount(path);
      await Deno.remove(path).catch(() => {});
    },
  };
}

/** Shows a file or folder at another place too, as `mount --bind` does; disposing it ends that. */
export function bindMount(what: string, at: string): AsyncDisposable {
  if (!run("mount", "--bind", what, at)) throw new Error("mount failed");
  return { [Symbol.asyncDispose]: () => unmount(at) };
}

/** Lets nobody write to a folder, as on a file system that is mounted for reading alone; disposing it ends that. */
export function readOnlyMount(folder: string): AsyncDisposable {
  const mounted = bindMount(folder, folder);
  if (!run("mount", "-o", "remount,ro,bind", folder)) throw new Error("remount failed");
  return mounted;
}

/** A small file system on a file, that can become read-only as one does whose disk fails. */
export interface FailingDisk extends AsyncDisposable {
  path: string;
  /**
   * An error of the file system: from now on it is read-only, for what is open too. The process stands still
   * meanwhile: Linux answers an fsync that runs into this moment with success and has not written (one in
   * four, measured with a program that only writes and syncs), which no program can notice.
   */
  fail(pid: number): Promise<void>;
  /** Mounts it anew; nothing may be open there. */
  mend(): Promise<void>;
}

/** Whether such a file system can be made (root, loop devices, mkfs.ext4); else as `haveMounts`. */
export function haveLoopDisks(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "perch-loop-" });
  const image = `${folder}/image`;
  const made = makeImage(image, 4) && run("mount", "-o", "loop", image, folder);
  if (made) run("umount", folder);
  Deno.removeSync(folder, { recursive: true });
  if (made) return true;
  const message = "loop devices cannot be mounted here (run the tests as root; mkfs.ext4)";
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

/** Makes and mounts one; disposing it removes it. */
export async function failingDisk(megabytes: number): Promise<FailingDisk> {
  const folder = await Deno.makeTempDir({ prefix: "perch-loop-" });
  const image = join(folder, "image");
  const path = join(folder, "disk");
  await Deno.mkdir(path);
  const mount = () => {
    if (!run("mount", "-o", "loop,errors=remount-ro", image, path)) throw new Error("mount failed");
  };
  if (!makeImage(image, megabytes)) throw new Error("mkfs.ext4 failed");
  mount();
  return {
    path,
    async fail(pid) {
      const { stdout } = await new Deno.Command("findmnt", { args: ["-no", "SOURCE", path] })
        .output();
      const device = new TextDecoder().decode(stdout).trim().replace("/dev/", "");
      Deno.kill(pid, "SIGSTOP");
      try {
        await until("Perch to stand still", () => Promise.resolve(allStopped(pid) || null));
        await Deno.writeTextFile(`/sys/fs/ext4/${device}/trigger_fs_error`, "1");
      } finally {
        Deno.kill(pid, "SIGCONT");
      }
    },
    async mend() {
      await unmount(path);
      mount();
    },
    async [Symbol.asyncDispose]() {
      await unmount(path);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A thread within an fsync stops after it. */
function allStopped(pid: number): boolean {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)];
  return tasks.every(({ name }) => {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
}

/** A file that was closed a moment ago may still be busy; one that is open for good holds only itself. */
async function unmount(path: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if (run("umount", path)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  run("umount", "-l", path);
}

function makeImage(path: string, megabytes: number): boolean {
  Deno.openSync(path, { write: true, create: true }).truncateSync(megabytes * 1024 * 1024);
  return run("mkfs.ext4", "-q", path);
}

function run(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stderr: "null", stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
