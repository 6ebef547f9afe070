/** Trees of `/sys` and `/proc` as text (`tests/fixtures/sys`, a file for each board), unpacked to a folder. */
import { dirname, join } from "node:path";
import { createKernelFiles, type KernelTree } from "../../lib/base/kernel_files.ts";

/**
 * Lines: `link PATH TARGET`; `dir PATH` (in place of a file, reading it fails as EIO does); `file PATH [MODE]`, its
 * text in the lines that follow and begin with `|`; a `\` at the end of one: no newline there. `#` is a remark.
 */
export interface SysTree extends AsyncDisposable {
  root: string;
  files: KernelTree;
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  link(path: string, target: string): Promise<void>;
}

export const BOARDS = ["pi3", "pi4", "pi5"] as const;
const FOLDER = new URL("../fixtures/sys/", import.meta.url);

export async function sysTree(
  board: typeof BOARDS[number] | null,
  options: { deadlineMs?: number } = {},
): Promise<SysTree> {
  const root = await Deno.makeTempDir({ prefix: "perch-sys-" });
  const at = async (path: string) => {
    const full = join(root, path);
    await Deno.mkdir(dirname(full), { recursive: true });
    return full;
  };
  const tree: SysTree = {
    root,
    files: createKernelFiles({ root, ...options }),
    write: async (path, text) => await Deno.writeTextFile(await at(path), text),
    remove: (path) => Deno.remove(join(root, path), { recursive: true }),
    link: async (path, target) => await Deno.symlink(target, await at(path)),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
  if (board === null) return tree;
  const lines = (await Deno.readTextFile(new URL(`${board}.txt`, FOLDER))).split("\n");
  for (let n = 0; n < lines.length; n++) {
    const [what, path, last] = lines[n].split(" ");
    if (what === "link") await tree.link(path, last);
    else if (what === "dir") await Deno.mkdir(await at(path), { recursive: true });
    else if (what === "file") {
      let text = "";
      while (lines[n + 1]?.startsWith("|")) {
        const line = lines[++n].slice(1);
        text += line.endsWith("\\") ? line.slice(0, -1) : `${line}\n`;
      }
      await tree.write(path, text.replaceAll("␀", "\0"));
      if (last !== undefined) await Deno.chmod(join(root, path), parseInt(last, 8));
    }
  }
  return tree;
}

/** What a driver has to find on a board: `id title unit value`, or `id title unit ! why`. */
export async function expectedOf(board: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`${board}.expected.txt`, FOLDER));
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}
