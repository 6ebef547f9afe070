/** The one setting of the streaming detector. All lengths are in slots (see `features.ts`). */
export interface Tuning {
  /** A slot is one reading, or this share of the sensor's age, at most `slotMs`. */
  readonly slotMs: number;
  readonly ageShare: number;
  /** Bins of the day's profile, and how many days it remembers. */
  readonly profileBins: number;
  readonly profileDays: number;
  /** Slots in the short mean, and memory of the long one. */
  readonly level: number;
  readonly longLevel: number;
  /** Memory of the mean step between readings. */
  readonly activity: number;
  /** Slots after which a slot's oddness counts half, and the soft edge in octaves. */
  readonly halfLife: number;
  readonly edge: number;
  /** Weight of the most surprised part against the mean of all. */
  readonly lead: number;
  /** What each tenfold of age beyond `ageFrom` slots takes off. */
  readonly agePenalty: number;
  readonly ageFrom: number;
  /** Slots without any judgement at the start. */
  readonly warmUp: number;
  /** Surprise that counts as an alarm; slots of quiet behind it; what renews the quiet; what breaks it. */
  readonly alarm: number;
  readonly quiet: number;
  readonly renew: number;
  readonly breakBy: number;
  /** Updates of baselines are cut at this many mean deviations. */
  readonly clip: number;
}

export const TUNING: Tuning = {
  slotMs: 300_000,
  ageShare: 1 / 1000,
  profileBins: 96,
  profileDays: 14,
  level: 20,
  longLevel: 1500,
  activity: 48,
  halfLife: 6000,
  edge: 0.3,
  lead: 3,
  agePenalty: 0.2,
  ageFrom: 2000,
  warmUp: 50,
  alarm: 2.45,
  quiet: 50,
  renew: 2.3,
  breakBy: 1,
  clip: 30,
};
