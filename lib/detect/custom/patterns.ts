/** Patterns of sensor paths: as MQTT filters (`+` one level, `#` all that follow), or `*` for every sensor. */

export function isPattern(text: string): boolean {
  if (text === "*") return true;
  if (text === "") return false;
  const levels = text.split("/");
  return levels.every((level, i) =>
    level === "+" || (level === "#" && i === levels.length - 1) ||
    (level !== "" && !/[+#*]/.test(level))
  );
}

/** Tells whether one of the patterns matches a path. */
export function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map((pattern) => pattern.split("/"));
  return (path) => {
    const given = path.split("/");
    return all.some((levels) => matches(levels, given));
  };
}

function matches(levels: readonly string[], given: readonly string[]): boolean {
  if (levels.length === 1 && levels[0] === "*") return true;
  for (const [i, level] of levels.entries()) {
    if (level === "#") return true;
    if (i >= given.length || (level !== "+" && level !== given[i])) return false;
  }
  return levels.length === given.length;
}
