/** The limits that a chart shows, and where their words stand: beside the plot, none upon another. Pure. */
import { exact } from "../../../words/numbers.ts";
import type { ReportChart } from "../../document.ts";
import type { Scale } from "./scale.ts";

export interface LabelledLimit {
  value: number;
  severity: "warning" | "critical";
  text: string;
  /** Where the words stand: 0 at the bottom of the plot, 1 at its top. */
  place: number;
}

/** Words do not touch when they are so far apart, as a share of the plot. */
const APART = 0.075;

export function labelled(chart: ReportChart, { lo, hi }: Scale): LabelledLimit[] {
  const shown = chart.limits.filter(({ value }) => value >= lo && value <= hi)
    .map(({ label, value, severity }) => {
      const text = `${label} ${exact(value)}`.trim();
      return { value, severity, text, place: (value - lo) / (hi - lo) };
    })
    .sort((a, b) => a.value - b.value);
  for (let i = 1; i < shown.length; i++) {
    shown[i].place = Math.max(shown[i].place, shown[i - 1].place + APART);
  }
  for (let i = shown.length - 1, most = 1; i >= 0; i--, most -= APART) {
    shown[i].place = Math.min(shown[i].place, most);
  }
  return shown;
}
