import { runPerch } from "../../lib/cli/run.ts";
import type { Answer } from "./command_line.ts";

/** Runs one command of `perch` on a data directory in this process, where a process is not what is tested. */
export async function perchHere(
  dataDir: string,
  args: string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<Answer> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runPerch(args, {
    terminal: {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      input: () => Promise.resolve(options.input ?? ""),
      isPerson: false,
      isKeyboard: false,
    },
    env: { PERCH_DATA: dataDir, ...options.env },
    cwd: dataDir,
  });
  return { code, out: out.join("\n").trim(), err: err.join("\n").trim() };
}
