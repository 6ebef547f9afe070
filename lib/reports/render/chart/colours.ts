import type { Tone } from "./canvas.ts";

/** On white paper; dark enough to read, and apart in black and white with what else tells them apart. */
export const PRINT: Readonly<Record<Tone, string>> = {
  text: "#1c1f23",
  muted: "#5f6670",
  grid: "#dededa",
  surface: "#ffffff",
  series1: "#33383f",
  series2: "#0b62c4",
  series3: "#7a4fd0",
  good: "#1a7f37",
  info: "#0b62c4",
  warning: "#9a6700",
  critical: "#c62828",
};
