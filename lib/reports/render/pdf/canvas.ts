/** A chart's canvas on a page. */
import type { Canvas } from "../chart/canvas.ts";
import { PRINT } from "../chart/colours.ts";
import type { Engine } from "./engine.ts";

/** Coordinates are the chart's: whoever draws has moved the page's. */
export function pdfCanvas({ doc, text, width }: Engine): Canvas {
  return {
    fill(path, tone, opacity) {
      doc.save().fillOpacity(opacity).path(path).fill(PRINT[tone]);
      doc.restore();
    },
    stroke(path, { tone, width, dash }) {
      doc.save().lineWidth(width).lineJoin("round");
      if (dash !== undefined) doc.dash(dash[0], { space: dash[1] });
      doc.path(path).stroke(PRINT[tone]);
      doc.restore();
    },
    text(words, { x, y, size, tone, align }) {
      const style = { size, tone };
      const back = align === "start" ? 0 : width(words, style) * (align === "end" ? 1 : 0.5);
      text(words, x - back, y, style);
    },
  };
}
