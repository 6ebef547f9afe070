/** A path into JSON: `$.pumps[0].state`, `pumps[0]["state now"]`. Pure. */

const STEPS_MOST = 20;
const STEP = /\.?([^.[\]"]+)|\[(\d{1,6})\]|\["([^"]*)"\]/y;

/** The steps of a path; null when it is none. */
export function parsePath(text: string): (string | number)[] | null {
  const path = text.trim().replace(/^\$/, "");
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null || steps.length >= STEPS_MOST) return null;
    const [, name, index, quoted] = match;
    steps.push(index === undefined ? name ?? quoted : Number(index));
  }
  return steps.length === 0 ? null : steps;
}

/** What stands there; undefined: nothing does. */
export function valueAt(json: unknown, steps: readonly (string | number)[]): unknown {
  let at = json;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}
