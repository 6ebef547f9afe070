/** `gpiomon` of both versions as a small script: it takes their options alone, and prints what a pipe says. */
import { join } from "node:path";

export interface FakeGpiomon extends AsyncDisposable {
  /** Folder for `PATH`. */
  path: string;
  /** One edge, at a time in ms. */
  edge(isRising: boolean, tMs: number): Promise<void>;
  /** A pulse of 20 ms. */
  pulse(tMs: number): Promise<void>;
  /** It ends with this on its error output. */
  fail(words: string): Promise<void>;
  /** Command lines so far, without `--version`. */
  started(): Promise<string[]>;
  /** Processes of it that still run. */
  running(): Promise<number>;
}

export async function fakeGpiomon(version: "1.6.3" | "2.2.1"): Promise<FakeGpiomon> {
  const folder = await Deno.makeTempDir({ prefix: "perch-gpiomon-" });
  const [pipe, log] = [join(folder, "edges"), join(folder, "started")];
  const known = version.startsWith("1")
    ? "--line-buffered|--format=*|--bias=as-is|--bias=disable|--bias=pull-up|--bias=pull-down"
    : "--format=*|--chip=*|--bias=disabled|--bias=pull-up|--bias=pull-down";
  // Opened for both ways the pipe never ends; the shell itself reads, so that ending it leaves nothing behind.
  const script = `#!/bin/sh
if [ "$1" = --version ]; then echo "gpiomon (libgpiod) v${version}"; exit 0; fi
echo "$$ $*" >> "${log}"
for one in "$@"; do
  case "$one" in
    ${known}) ;;
    -*) echo "gpiomon: unrecognized option '$one'" >&2; exit 1 ;;
  esac
done
exec 3<>"${pipe}"
while read -r edge <&3; do
  case "$edge" in
    fail*) echo "gpiomon: \${edge#fail }" >&2; exit 1 ;;
    *) echo "$edge" ;;
  esac
done
`;
  const program = join(folder, "gpiomon");
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  await Deno.writeTextFile(log, "");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const edges = await Deno.open(pipe, { read: true, write: true });
  const say = async (line: string) => {
    await edges.write(new TextEncoder().encode(`${line}\n`));
  };
  const edge = (isRising: boolean, tMs: number) => {
    const nanos = Math.round(tMs * 1e6);
    const [s, n] = [Math.floor(nanos / 1e9), nanos % 1e9];
    return say(
      version.startsWith("1")
        ? `${isRising ? 1 : 0} ${s} ${n}`
        : `${isRising ? "rising" : "falling"} ${s}.${String(n).padStart(9, "0")}`,
    );
  };
  const lines = async () => (await Deno.readTextFile(log)).split("\n").filter((one) => one !== "");
  return {
    path: `${folder}:/usr/bin:/bin`,
    edge,
    async pulse(tMs) {
      await edge(true, tMs);
      await edge(false, tMs + 20);
    },
    fail: (words) => say(`fail ${words}`),
    started: async () => (await lines()).map((one) => one.replace(/^\d+ /, "")),
    async running() {
      const pids = (await lines()).map((one) => one.split(" ")[0]);
      const alive = await Promise.all(
        pids.map((pid) =>
          Deno.readTextFile(`/proc/${pid}/cmdline`).then(
            (text) => text.includes(program),
            () => false,
          )
        ),
      );
      return alive.filter((one) => one).length;
    },
    async [Symbol.asyncDispose]() {
      edges.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
