/** How the lines of a chart differ: by colour, and without it. Pure. */
import type { Tone } from "./canvas.ts";

const TONES: readonly Tone[] = ["series1", "series2", "series3"];
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [5, 2], [1.5, 1.5]];

/** Of line `index` in a chart, and in its legend. */
export function lineLook(index: number): { tone: Tone; dash: readonly number[] | undefined } {
  return { tone: TONES[index % TONES.length], dash: DASHES[index % DASHES.length] };
}
