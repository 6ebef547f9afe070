/** Names of the file system's calls that change something. */
const CALLS = [
  "mkdir",
  "open",
  "writeFile",
  "copyFile",
  "link",
  "rename",
  "remove",
] as const;

export interface Steps {
  /** What has been done so far, each kind of it at each place once. */
  names: readonly string[];
  /** One more, which is no call of the file system. */
  step(name: string): void;
  /** From here on nothing counts any more. */
  end(): void;
}

/**
 * Counts what this thread changes below `folder`, in steps that have the same names each time, and calls `before`
 * with the number of each before it is done: for processes that kill themselves there.
 */
export function countSteps(folder: string, before: (n: number) => void): Steps {
  const names: string[] = [];
  const step = (name: string) => {
    if (names.includes(name)) return;
    before(names.length);
    names.push(name);
  };
  // deno-lint-ignore no-explicit-any
  const deno = Deno as any;
  const originals = CALLS.map((call) => [call, deno[call]] as const);
  for (const [call, original] of originals) {
    deno[call] = (...args: unknown[]) => {
      const paths = args.filter((one) => typeof one === "string" && one.startsWith(folder));
      const reads = call === "open" && !/"(write|create\w*)":true/.test(JSON.stringify(args[1]));
      if (paths.length > 0 && !reads) step(`${call} ${paths.map(String).map(stable).join(" ")}`);
      return original(...args);
    };
  }
  const stable = (path: string) =>
    path.slice(folder.length).replaceAll(/[0-9a-f]{8}[0-9a-f-]*/g, "#");
  return {
    names,
    step,
    end: () => originals.forEach(([call, original]) => deno[call] = original),
  };
}
