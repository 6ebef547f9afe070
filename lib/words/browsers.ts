/** Browsers and programs as people call them. Pure. */

/** `Chrome on Android`, of what a browser or program calls itself; of what is no browser its first word: `curl`. */
export function deviceOf(agent: string): string {
  const first = (words: readonly [RegExp, string][]) => words.find(([is]) => is.test(agent))?.[1];
  const browser = first([
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrom(e|ium)\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = first([
    [/Android/, "Android"],
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Windows/, "Windows"],
    [/Macintosh/, "macOS"],
    [/Linux/, "Linux"],
  ]);
  const own = /^[\w.+ -]{1,40}?(?=[/;(]|$)/.exec(agent.trim())?.[0].trim() ?? "";
  const other = own === "" || /^Mozilla/.test(own) ? "A browser" : own;
  return `${browser ?? other}${system === undefined ? "" : ` on ${system}`}`;
}
