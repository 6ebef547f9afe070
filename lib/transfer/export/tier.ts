/** How a stored value came to be: a reading, or what was kept of a minute or an hour of them. */
export type Tier = "raw" | "minute" | "hour";

/** In the column `note` of a file, beside a value that is no reading. */
export const TIER_NOTES: Readonly<Record<Tier, string>> = {
  raw: "mean",
  minute: "mean_of_minute",
  hour: "mean_of_hour",
};
