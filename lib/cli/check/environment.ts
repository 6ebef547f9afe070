import { notesOf, VARIABLE_NAMES } from "../../base/variables.ts";

/** Every variable with its notes, for `perch check --env --json`. */
export function environmentJson(): string {
  return JSON.stringify(VARIABLE_NAMES.map((name) => ({ name, ...notesOf(name) })));
}

/** Every variable as text: name, meaning, what is allowed, default. */
export function environmentText(): string {
  return VARIABLE_NAMES.map((name) => {
    const { title, help, allowed, default: preset, simDefault, reserved } = notesOf(name);
    const lines = [
      name,
      `    ${title}.${help === "" ? "" : " " + help}`,
      `    Allowed: ${allowed}.`,
    ];
    if (preset !== null) {
      lines.push(
        `    Default: ${preset}${simDefault === undefined ? "" : ` (sim: ${simDefault})`}`,
      );
    }
    if (reserved) lines.push("    Checked, but without effect in this version.");
    return lines.join("\n");
  }).join("\n\n");
}

/** The table of the README. A test compares it with what stands there. */
export function environmentTable(): string {
  const rows = VARIABLE_NAMES.filter((name) => !notesOf(name).reserved).map((name) => {
    const { title, help, default: preset, simDefault } = notesOf(name);
    const shown = preset === null ? "" : `\`${preset}\``;
    const sim = simDefault === undefined ? "" : ` (sim \`${simDefault}\`)`;
    return `| \`${name}\` | ${title}. ${help} | ${shown}${sim} |`.replaceAll(" .", ".")
      .replace(/ +\|/g, " |");
  });
  return ["| variable | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}
