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
  /** Memory of the mean step between readings, and of the two that say how calm it is of late. */
  readonly activity: number;
  readonly calm: number;
  readonly lull: number;
  /** Memory of how far slots lie from their mean of late. */
  readonly swing: number;
  /** Slots after which a slot's oddness counts half. */
  readonly halfLife: number;
  /** Soft edge of a record in octaves: of what lasts, and of what stands alone. */
  readonly edge: number;
  readonly aloneEdge: number;
  /** What lasts is as odd in so many slots of the newest. */
  readonly lasting: number;
  readonly newest: number;
  /** Weight of the most surprised part against the mean of all. */
  readonly lead: number;
  /** What each tenfold of age takes off beyond so many slots: who has seen much calls more of it rare. */
  readonly ages: readonly { readonly from: number; readonly penalty: number }[];
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
  activity: 40,
  calm: 12,
  lull: 24,
  swing: 72,
  halfLife: 6000,
  edge: 0.15,
  aloneEdge: 1.2,
  lasting: 3,
  newest: 5,
  lead: 3,
  ages: [{ from: 2000, penalty: 0.2 }, { from: 5000, penalty: 0.4 }],
  warmUp: 50,
  alarm: 2.4,
  quiet: 50,
  renew: 2.25,
  breakBy: 1,
  clip: 30,
};
