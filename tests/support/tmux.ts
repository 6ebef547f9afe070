/** A real terminal (a pseudo-terminal of tmux), with a person's keys and what they see. */
import { until } from "./until.ts";

export interface Terminal {
  /** Keys by tmux's names: `a`, `Enter`, `Up`, `C-c`. */
  press(...keys: string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** What is on the screen, without spaces at the ends of lines. */
  screen(): Promise<string>;
  /** The same with escape sequences of colour. */
  coloured(): Promise<string>;
  /** The screen once `pattern` is on it. */
  see(pattern: RegExp, withinMs?: number): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a shell in a terminal of 80 x 24. `env` is what programs in it find beside what a terminal sets.
 */
export async function openTerminal(
  { cwd, env = {}, columns = 80, rows = 24 }: {
    cwd: string;
    env?: Record<string, string>;
    columns?: number;
    rows?: number;
  },
): Promise<Terminal> {
  const socket = `${await Deno.makeTempDir({ prefix: "perch-tmux-" })}/socket`;

  async function tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-f", "/dev/null", "-S", socket, ...args],
      cwd,
      env: { LANG: "C.UTF-8", ...env },
    }).output();
    const text = new TextDecoder().decode(success ? stdout : stderr);
    if (!success) throw new Error(`tmux ${args[0]}: ${text}`);
    return text;
  }
  const capture = async (...more: string[]) =>
    (await tmux("capture-pane", "-p", ...more)).replace(/[ \t]+$/gm, "").trimEnd();

  await tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "sh");
  return {
    press: async (...keys) => void await tmux("send-keys", ...keys),
    type: async (text) => void await tmux("send-keys", "-l", text),
    screen: () => capture(),
    coloured: () => capture("-e"),
    async see(pattern, withinMs = 10_000) {
      let last = "";
      return await until(
        `${pattern}`,
        async () => pattern.test(last = await capture()) ? last : null,
        withinMs,
      ).catch((error) => {
        throw new Error(`${error.message}; what is there:\n${last}`);
      });
    },
    resize: async (c, r) => void await tmux("resize-window", "-x", String(c), "-y", String(r)),
    async [Symbol.asyncDispose]() {
      await tmux("kill-server").catch(() => {});
      await Deno.remove(socket.replace(/\/socket$/, ""), { recursive: true });
    },
  };
}
