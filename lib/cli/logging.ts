import type { Config } from "../base/config.ts";
import { consoleLine, createLog, jsonLine, type Log } from "../base/log.ts";
import type { Terminal } from "./terminal.ts";

/** The log of a command: standard error, as `LOG_LEVEL` and `LOG_FORMAT` say. */
export function commandLog(config: Config, terminal: Terminal): Log {
  const json = config.log.format === "json" ||
    (config.log.format === "auto" && !terminal.isPerson);
  const colour = terminal.isPerson && !Deno.noColor;
  return createLog({
    level: config.log.level,
    now: () => Date.now(),
    sink: (entry) => terminal.err(json ? jsonLine(entry) : consoleLine(entry, colour)),
  });
}
