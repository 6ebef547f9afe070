import type { Config } from "../base/config.ts";
import type { Foreground } from "./console/foreground.ts";
import type { Terminal } from "./terminal.ts";

/** The terminal that Perch is started on by hand; null where a program reads what it writes. */
export async function foregroundOf(
  terminal: Terminal,
  config: Pick<Config, "terminal">,
): Promise<Foreground | null> {
  if (!terminal.isKeyboard || !terminal.isPerson) return null;
  const { openTty } = await import("./console/tty.ts");
  const { isDumb } = config.terminal;
  const tty = openTty({ out: Deno.stderr, isDumb, takesSignals: false });
  if (tty === null) return null;
  const { createForeground } = await import("./console/foreground.ts");
  return createForeground(terminal, tty);
}
