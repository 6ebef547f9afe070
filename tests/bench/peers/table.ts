/** The figures of one run as a table of Markdown, and what of them goes into the README. */

type Figures = Readonly<Record<string, number>>;

/** A figure of a peer, its line in the table and how it is written there. */
interface Line {
  title: string;
  /** Of one peer: figures by their names without it. */
  text(of: (figure: string) => number): string;
}

const whole = (value: number) => Math.round(value).toLocaleString("en-GB").replaceAll(",", " ");
const short = (value: number) =>
  value >= 1000 ? whole(value) : String(Number(value.toPrecision(value < 1 ? 2 : 3)));

function linesOf({ days, month_readings }: Figures): Line[] {
  const millions = short(month_readings / 1e6);
  return [
    { title: "readings/s", text: (of) => whole(of("per_s")) },
    { title: "CPU µs per reading", text: (of) => short(of("cpu_us")) },
    { title: "peak MB", text: (of) => whole(of("peak_mb")) },
    {
      title:
        "acknowledged = on disk: still there after `kill -9` right after the last acknowledgement",
      text: (of) => `${whole(of("after_kill"))} of ${whole(of("before_kill"))}`,
    },
    {
      title: "bytes per reading at rest (AR(1), two decimals, 1 Hz, sealed)",
      text: (of) => short(of("bytes")),
    },
    {
      title:
        `${days} d × 1 s → 1 000 points with min/mean/max/count over HTTP, first / next three / warm ms`,
      text: (of) => ["first_ms", "next_ms", "warm_ms"].map((one) => short(of(one))).join(" / "),
    },
    {
      title: `bulk load of ${millions} M readings, one connection, s`,
      text: (of) => short(of("bulk_s")),
    },
  ];
}

/** Rows of Markdown; a peer without figures has no column. */
export function tableOf(
  figures: Figures,
  peers: readonly { name: string; title: string }[],
): string[] {
  const shown = peers.filter(({ name }) => figures[`${name}_per_s`] !== undefined);
  const of = (name: string) => (figure: string) => figures[`${name}_${figure}`];
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    row(["", ...shown.map(({ title }) => title)]),
    row(["---", ...shown.map(() => "---")]),
    ...linesOf(figures).map(({ title, text }) =>
      row([title, ...shown.map(({ name }) => text(of(name)))])
    ),
  ];
}

/** Perch beside each peer as a row of the README's table: ratios of one run. */
export function readmeRow(
  figures: Figures,
  peers: readonly { name: string; title: string }[],
): string {
  const beside = peers
    .filter(({ name }) => name !== "perch" && figures[`${name}_per_s`] !== undefined)
    .map(({ name, title }) => {
      const of = (figure: string) =>
        Number((figures[`perch_${figure}`] / figures[`${name}_${figure}`]).toPrecision(2));
      return `${title} ${of("per_s")}, ${of("cpu_us")}, ${of("peak_mb")}, ${of("bytes")}, ` +
        `${of("first_ms")} / ${of("next_ms")} / ${of("warm_ms")}, ${of("bulk_s")} ×`;
    });
  const what =
    "the compiled program beside Debian's databases for readings, over HTTP: readings/s, CPU per reading, peak " +
    `memory, bytes at rest, ${figures.days} days × 1 s to 1 000 points first / next three / warm, loading those ${figures.days} days`;
  return `| \`peers\` | ${what} | ${beside.join("; ")} |`;
}
