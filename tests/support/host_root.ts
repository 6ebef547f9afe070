/** A folder that stands for `/`, for what `perch install` writes. */
export const UNIT = "/etc/systemd/system/perch.service";
export const RULE = "/etc/polkit-1/rules.d/50-perch.rules";

/** A host with a few groups, which is removed after it. */
export async function withRoot(use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "perch-root-" });
  try {
    await Deno.mkdir(`${root}/etc`);
    await Deno.writeTextFile(`${root}/etc/group`, "root:x:0:\nvideo:x:44:\ngpio:x:993:\n");
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Paths below the folder with their modes. */
export function filesOf(root: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(root + below)) {
    const path = `${below}/${name}`;
    if (isDirectory) Object.assign(found, filesOf(root, path));
    else found[path] = ((Deno.lstatSync(root + path).mode ?? 0) & 0o777).toString(8);
  }
  return found;
}
