import type { RunnableScript, Sandbox, ScriptFault } from "./script.ts";
import { matchesOf, tryScript } from "./trying.ts";

/** What a text says of itself. */
export interface Description {
  matches: string[];
  /** Why it cannot be loaded. */
  fault: ScriptFault | null;
}

const KEPT_MOST = 100;

/** Says what texts are for; each is loaded once. */
export function createDescriptions(
  sandbox: Sandbox,
): (script: RunnableScript) => Promise<Description> {
  const kept = new Map<string, Promise<Description>>();
  return (script) => {
    const key = `${script.kind} ${script.hash}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const described = tryScript(sandbox, script, null)
      .then(({ fault, exports }) => ({ fault, matches: matchesOf(script.kind, exports) }));
    kept.set(key, described);
    if (kept.size > KEPT_MOST) kept.delete(kept.keys().next().value!);
    return described;
  };
}
