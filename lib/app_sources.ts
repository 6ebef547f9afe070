import type { Access } from "./access/access.ts";
import type { Clock } from "./base/clock.ts";
import type { Config } from "./base/config.ts";
import type { Log } from "./base/log.ts";
import type { Intake } from "./intake/intake.ts";
import type { Source } from "./sources/source.ts";

/** The sources that the configuration asks for: a broker elsewhere, or the embedded one. */
export function createSources(
  _deps: { config: Config; intake: Intake; access: Access; clock: Clock; log: Log },
): Source[] {
  return [];
}
