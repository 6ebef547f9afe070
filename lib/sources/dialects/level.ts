// What a sensor's name may not hold (lib/machines/names.ts), and the character between its levels.
// deno-lint-ignore no-control-regex
const SIGNS = /[/+#\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const EDGES = /^\/+|\/+$/g;

/** A name of several levels: the slashes at its ends are left out, each level is made harmless. */
export function pathOf(text: string): string {
  return text.replace(EDGES, "").split("/").map(levelOf).join("/");
}

/** The name without the slashes at its ends. */
export function withoutEdges(text: string): string {
  return text.replace(EDGES, "");
}

/** A text as one level of a sensor's name: each character that a name may not hold becomes `_`. */
export function levelOf(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed().replaceAll("\ufffd", "_");
  return whole.replace(SIGNS, "_");
}
