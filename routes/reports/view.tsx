import type { VNode } from "preact";
import type {
  ReportChart,
  ReportDocument,
  ReportSection,
  ReportTable,
} from "../../lib/reports/document.ts";
import { Fact, Facts, Table } from "../frame/parts.tsx";

/** A page shows so much of a report; its file has all of it. */
const MOST_CHARTS = 16;
const MOST_ROWS = 12;
const REST = "all of it is in the file";

/** A report as a page shows it: its charts are drawn, its cells are words. */
export interface DrawnReport {
  title: string;
  subtitle: string;
  sections: DrawnSection[];
}
interface DrawnSection extends Pick<ReportSection, "title" | "paragraphs" | "figures" | "notes"> {
  charts: DrawnChart[];
  moreCharts: number;
  tables: DrawnTable[];
}
interface DrawnChart {
  title: string;
  svg: string;
}
interface DrawnTable {
  title: string;
  columns: { title: string; isText: boolean }[];
  rows: string[][];
  more: number;
}

/** Draws the charts, one after the other, so that nothing waits long for them. */
export async function drawReport(document: ReportDocument): Promise<DrawnReport> {
  const { chartSvg } = await import("../../lib/reports/render/chart/svg.ts");
  const { cellText, columnTitle } = await import("../../lib/reports/render/cells.ts");
  const { title, subtitle, zone } = document;
  let charts = 0;

  async function svgsOf(all: readonly ReportChart[]): Promise<DrawnChart[]> {
    const drawn: DrawnChart[] = [];
    for (const chart of all.slice(0, MOST_CHARTS - charts)) {
      const svg = chartSvg(chart, { zone, colours: "tokens", id: `chart-${charts++}` });
      drawn.push({ title: chart.title, svg });
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return drawn;
  }

  const tableOf = ({ title, columns, rows }: ReportTable): DrawnTable => ({
    title,
    columns: columns.map((column) => {
      return { title: columnTitle(column), isText: column.kind === "text" };
    }),
    rows: rows.slice(0, MOST_ROWS).map((row) =>
      row.map((cell, i) => cellText(columns[i], cell, zone))
    ),
    more: Math.max(0, rows.length - MOST_ROWS),
  });

  const sections: DrawnSection[] = [];
  for (const { charts: all, tables, title, paragraphs, figures, notes } of document.sections) {
    const drawn = await svgsOf(all);
    sections.push({
      ...{ title, paragraphs, figures, notes, charts: drawn },
      moreCharts: all.length - drawn.length,
      tables: tables.map(tableOf),
    });
  }
  return { title, subtitle, sections };
}

/** What a report says. */
export function ReportView({ report }: { report: DrawnReport }): VNode {
  return (
    <>
      <p class="muted">{report.subtitle}</p>
      {report.sections.map((section, i) => (
        <section class="card report" aria-labelledby={`section-${i}`} key={section.title}>
          <h2 id={`section-${i}`}>{section.title}</h2>
          <Section section={section} />
        </section>
      ))}
    </>
  );
}

function Section(
  { section: { paragraphs, figures, charts, moreCharts, tables, notes } }: {
    section: DrawnSection;
  },
): VNode {
  return (
    <>
      {paragraphs.map((text) => <p key={text}>{text}</p>)}
      {figures.length > 0 && (
        <Facts figures>
          {figures.map(({ label, text }) => <Fact key={label} name={label}>{text}</Fact>)}
        </Facts>
      )}
      {charts.map(({ title, svg }, i) => (
        <figure key={i}>
          <figcaption>{title}</figcaption>
          <div
            class="scroll"
            tabIndex={0}
            role="region"
            aria-label={`Chart: ${title}`}
            dangerouslySetInnerHTML={{ __html: svg }}
          />
        </figure>
      ))}
      {moreCharts > 0 && (
        <p class="muted">
          {`${moreCharts} further ${moreCharts === 1 ? "chart" : "charts"}: ${REST}.`}
        </p>
      )}
      {tables.map((table) => <Rows key={table.title} table={table} />)}
      {notes.length > 0 && (
        <details>
          <summary>How these numbers are defined</summary>
          {notes.map(({ id, text }) => <p class="muted" key={id}>{text}</p>)}
        </details>
      )}
    </>
  );
}

function Rows({ table: { title, columns, rows, more } }: { table: DrawnTable }): VNode | null {
  if (rows.length === 0) return null;
  const look = (i: number) => columns[i].isText ? "text" : undefined;
  return (
    <>
      <h3>{title}</h3>
      <Table label={title}>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th scope="col" class={look(i)} key={column.title}>{column.title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {row.map((cell, i) =>
                i === 0
                  ? <th scope="row" class={look(i)} key={i}>{cell}</th>
                  : <td class={look(i)} key={i}>{cell}</td>
              )}
            </tr>
          ))}
        </tbody>
      </Table>
      {more > 0 && <p class="muted">{`${more} further ${more === 1 ? "row" : "rows"}: ${REST}.`}
      </p>}
    </>
  );
}
