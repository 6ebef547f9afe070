/** A chart as SVG: for the page with its tokens (classes), for mails with colours of its own. */
import { escapeHtml } from "../../../base/html.ts";
import type { ReportChart } from "../../document.ts";
import { at, type Canvas, type Tone } from "./canvas.ts";
import { PRINT } from "./colours.ts";
import { chartHeight, drawChart } from "./draw.ts";

export interface SvgOptions {
  zone: string;
  /** Of its units; it is shown as wide as its place. */
  width?: number;
  /** `tokens`: classes `tone-…` that the style sheet colours. */
  colours: "tokens" | "print";
  /** Unique on its page: names the title and the description. */
  id: string;
}

/** So that its letters have the size of others where it is shown as wide as text is. */
const WIDTH = 560;

/** One `<svg>` element, described for those who do not see it. */
export function chartSvg(
  chart: ReportChart,
  { zone, width = WIDTH, colours, id }: SvgOptions,
): string {
  const height = Math.ceil(chartHeight(chart, width));
  const parts: string[] = [];
  drawChart(chart, { zone, width }, svgCanvas(parts, colours));
  const name = escapeHtml(id);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="report-chart" role="img" ` +
    `viewBox="0 0 ${at(width)} ${height}" aria-labelledby="${name}-title ${name}-desc">` +
    `<title id="${name}-title">${escapeHtml(chart.title)}</title>` +
    `<desc id="${name}-desc">${escapeHtml(chart.alt)}</desc>${parts.join("")}</svg>`;
}

/** Appends elements to `parts`. */
export function svgCanvas(parts: string[], colours: SvgOptions["colours"]): Canvas {
  const paint = (kind: "fill" | "stroke", tone: Tone) =>
    colours === "tokens" ? `class="${kind}-${tone}"` : `${kind}="${PRINT[tone]}"`;
  return {
    fill(path, tone, opacity) {
      const share = opacity === 1 ? "" : ` fill-opacity="${opacity}"`;
      parts.push(`<path ${paint("fill", tone)}${share} d="${path}"/>`);
    },
    stroke(path, { tone, width, dash }) {
      const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash.join(" ")}"`;
      parts.push(
        `<path ${paint("stroke", tone)} fill="none" stroke-width="${width}"${dashes} ` +
          `stroke-linejoin="round" d="${path}"/>`,
      );
    },
    text(text, { x, y, size, tone, align }) {
      const anchor = align === "start" ? "" : ` text-anchor="${align}"`;
      parts.push(
        `<text x="${at(x)}" y="${at(y)}" font-size="${size}"${anchor} ${paint("fill", tone)}>` +
          `${escapeHtml(text)}</text>`,
      );
    },
  };
}
