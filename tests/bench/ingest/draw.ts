/**
 * Draws what the commit interval costs and gains, from the figures of `deno task bench ingest`:
 * deno run --allow-read tests/bench/ingest/draw.ts bench-results/ingest.json > .github/commit-interval.svg
 */
const { figures } = JSON.parse(await Deno.readTextFile(Deno.args[0])) as {
  figures: Record<string, number>;
};
const INTERVALS_MS = [50, 100, 250];
const WIDTH = 640, HEIGHT = 300, LEFT = 56, TOP = 40, BOTTOM = 48;
const SERIES = [
  { key: "storage_bytes_per_reading", label: "bytes to the disk", colour: "#0b62c4" },
  { key: "written_bytes_per_reading", label: "bytes passed to write()", colour: "#5f6670" },
];
const of = (key: string, intervalMs: number) => figures[`${key}_${intervalMs}ms`];
const most = Math.ceil(Math.max(...INTERVALS_MS.map((ms) => of(SERIES[0].key, ms))) / 50) * 50;
const height = HEIGHT - TOP - BOTTOM;
const y = (bytes: number) => TOP + height * (1 - bytes / most);
const group = (WIDTH - LEFT - 16) / INTERVALS_MS.length;

const parts: string[] = [];
const text = (x: number, at: number, content: string, more = "") =>
  parts.push(`<text x="${x}" y="${at}" ${more}>${content}</text>`);
for (let bytes = 0; bytes <= most; bytes += 50) {
  parts.push(
    `<line x1="${LEFT}" x2="${WIDTH - 16}" y1="${y(bytes)}" y2="${y(bytes)}" stroke="#e3e3df"/>`,
  );
  text(LEFT - 8, y(bytes) + 4, String(bytes), `text-anchor="end"`);
}
INTERVALS_MS.forEach((intervalMs, i) => {
  SERIES.forEach(({ key, colour }, j) => {
    const bytes = of(key, intervalMs);
    const x = LEFT + group * i + group / 2 - 58 + j * 60;
    parts.push(
      `<rect x="${x}" y="${y(bytes)}" width="56" height="${
        y(0) - y(bytes)
      }" rx="2" fill="${colour}"/>`,
    );
    text(x + 28, y(bytes) - 6, bytes.toFixed(0), `text-anchor="middle"`);
  });
  const mean = intervalMs / 2;
  text(
    LEFT + group * i + group / 2,
    HEIGHT - 26,
    `commit each ${intervalMs} ms`,
    `text-anchor="middle"`,
  );
  text(
    LEFT + group * i + group / 2,
    HEIGHT - 8,
    `waits ${mean.toFixed(0)} ms on average`,
    `text-anchor="middle" class="muted"`,
  );
});
SERIES.forEach(({ label, colour }, j) => {
  parts.push(
    `<rect x="${LEFT + j * 180}" y="10" width="12" height="12" rx="2" fill="${colour}"/>`,
  );
  text(LEFT + 18 + j * 180, 20, label);
});
console.log(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
    `aria-label="Bytes written per reading by commit interval at 500 readings per second">` +
    `<style>text{font:13px system-ui,sans-serif;fill:#1c1f23}.muted{fill:#5f6670}</style>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${parts.join("")}</svg>`,
);
