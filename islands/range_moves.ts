/** How a page with a chart moves through time. */
import { onReset, serverNow } from "./live.ts";
import { useEffect } from "preact/hooks";

interface Shown {
  fromMs: number;
  toMs: number;
  live: boolean;
}

/** Asks for a range and shows it. */
export type LoadRange = (fromMs: number, toMs: number, live: boolean) => Promise<void>;

const LEAST_SPAN_MS = 2_000;

/** Back to what the page began with, to what was dragged over, and by the buttons of `ChartHead`. */
export function useMoves(
  props: { fromMs: number; toMs: number; lengthMs: number | null },
  current: { readonly current: Shown },
  load: LoadRange,
): {
  back: () => void;
  zoom: (fromMs: number, toMs: number) => void;
  look: (steps: number, factor: number) => void;
} {
  const back = () => {
    if (props.lengthMs === null) return void load(props.fromMs, props.toMs, false);
    const toMs = serverNow();
    void load(toMs - props.lengthMs, toMs, true);
  };
  useEffect(() => onReset(() => void (current.current.live && back())), []);
  return {
    back,
    zoom: (fromMs, toMs) =>
      void load(Math.floor(fromMs), Math.max(Math.ceil(toMs), Math.floor(fromMs) + 1000), false),
    /** Moves by `steps` half ranges, then makes the range `factor` times as long around its middle. */
    look(steps, factor) {
      const { fromMs, toMs } = current.current;
      const half = Math.max(LEAST_SPAN_MS, (toMs - fromMs) * factor) / 2;
      const middle = (fromMs + toMs) / 2 + steps * (toMs - fromMs) / 2;
      const end = Math.min(middle + half, serverNow());
      void load(Math.max(0, Math.floor(end - 2 * half)), Math.ceil(end), false);
    },
  };
}
