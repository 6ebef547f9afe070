/** What a person says of a finding, an alarm or a prediction. */
export const VERDICTS = ["real", "false_alarm"] as const;
export type Verdict = typeof VERDICTS[number];

/** What resolves a ticket: with `failed` the fault was real, and the machine had failed. */
export const TICKET_VERDICTS = [...VERDICTS, "failed"] as const;
export type TicketVerdict = typeof TICKET_VERDICTS[number];
