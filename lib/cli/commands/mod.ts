import type { Command } from "../command.ts";
import { check } from "./check.ts";
import { health } from "./health.ts";
import { keyAdd } from "./key_add.ts";
import { replay } from "./replay.ts";
import { serve } from "./serve.ts";
import { sim } from "./sim.ts";
import { userAdd } from "./user_add.ts";
import { userReset } from "./user_reset.ts";
import { version } from "./version.ts";

/** Every command of `perch`. */
export const COMMANDS: readonly Command[] = [
  serve,
  sim,
  check,
  health,
  replay,
  userAdd,
  userReset,
  keyAdd,
  version,
];
