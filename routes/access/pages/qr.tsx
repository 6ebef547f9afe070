import type { VNode } from "preact";
import encodeQr from "qr";

/** Light modules around the code, as readers need them. */
const BORDER = 4;

/** A text as a QR code: one path, dark on white whatever the theme. */
export function QrCode({ text, label }: { text: string; label: string }): VNode {
  const rows = encodeQr(text, "raw", { ecc: "medium", border: BORDER });
  const size = rows.length;
  const path = rows.map((row, y) =>
    row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : "").join("")
  ).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path class="qr-light" d={`M0 0h${size}v${size}H0z`} />
      <path class="qr-dark" d={path} shape-rendering="crispEdges" />
    </svg>
  );
}
