import type { HostWear } from "../host_sample.ts";

/** What an eMMC says of itself (JESD84-B51, as `mmc` shows it in sysfs); null: a file is not there. */
export interface WearTexts {
  /** `life_time`, two figures; or those of `device_life_time_est_typ_a` and `…_b` one after the other. */
  lifeTime: string | null;
  /** `pre_eol_info`: how many spare blocks are left. */
  preEol: string | null;
}

const RESERVES = [null, "normal", "warning", "urgent"] as const;
/** Steps of a tenth: 1 is up to 10 % used, 11 more than was expected. */
const MOST_STEPS = 11;

/** The more worn of the two kinds of memory counts. Null where nothing is said: SD cards know nothing of it. */
export function judgeWear(name: string, { lifeTime, preEol }: WearTexts): HostWear | null {
  const both = hexNumbers(lifeTime);
  const steps = both.length === 2 ? both.filter((step) => step >= 1 && step <= MOST_STEPS) : [];
  const reserve = RESERVES[hexNumbers(preEol)[0] ?? 0] ?? null;
  if (steps.length === 0 && reserve === null) return null;
  return { name, lifeUsed: steps.length === 0 ? null : (Math.max(...steps) - 1) / 10, reserve };
}

const hexNumbers = (text: string | null): number[] =>
  Array.from(text?.matchAll(/\b0x([0-9a-f]{1,2})\b/gi) ?? [], ([, hex]) => parseInt(hex, 16));
