import type { FaultSource, Sighting } from "../fault.ts";

/** What was set and is not in force. */
export function configurationSource(
  { unusedSettings, warnings }: {
    unusedSettings: () => readonly string[];
    /** What is odd about the environment, in sentences. */
    warnings: readonly string[];
  },
): FaultSource {
  const common = { component: "settings" };
  const variables = warnings.map((message): Sighting => ({
    ...common,
    cause: `variable:${message}`,
    type: "unknown_variable",
    severity: "low",
    message,
  }));
  const settingOf = (key: string): Sighting => ({
    ...common,
    cause: `setting:${key}`,
    type: "setting_unused",
    severity: "medium",
    message: `The stored value of the setting ${key} is not used, because it does not fit any ` +
      "more; its default is in force. Set it again",
  });
  return {
    name: "configuration",
    look: () => [...unusedSettings().map(settingOf), ...variables],
  };
}
