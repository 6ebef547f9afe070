/** What a person says of a finding, an alarm or a prediction. */
export const VERDICTS = ["real", "false_alarm"] as const;
export type Verdict = typeof VERDICTS[number];
