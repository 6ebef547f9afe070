import type { VNode } from "preact";
import { z } from "zod";
import { bandsOf } from "../../islands/limits.ts";
import { PlainChart } from "../../islands/plain_chart.tsx";
import { gapMs } from "../../islands/chart_data.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { quantityText, writtenText } from "../../lib/health/history/facts.ts";
import type { HostReport } from "../../lib/health/history/report.ts";
import type { HostSeries } from "../../lib/health/history/series.ts";
import type { HostView } from "../../lib/health/history/view.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import { chooseRange, type Range, RANGES } from "../frame/range.ts";
import { hrefWith, sensorHref } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Chip, Chips, Empty, More, UnderMore } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { type Route, route } from "../http/route.ts";
import { Machine, Network, Own, Supply, Written } from "./host_cards.tsx";

export interface HostPageParts extends PageParts {
  hostView: HostView;
}

const POINTS = 180;
const CHARTS = [
  "cpu",
  "memory",
  "temperature",
  "disk",
  "pressure_io",
  "network_in",
  "network_out",
  "card_writes",
  "perch_memory",
  "event_loop",
] as const;

const Query = z.object({ range: z.string().max(10).optional() }).loose();

/** `/host`: how the host is that Perch runs on, and how it was. */
export function hostPage(parts: HostPageParts): Route {
  return route({
    method: "get",
    path: "/host",
    policy: "viewer",
    summary: null,
    query: Query,
    handler: async ({ c, who, query }) => {
      const nowMs = parts.clock.now();
      const { range } = chooseRange({ range: query.range ?? "6h" }, nowMs, parts.zone);
      const { fromMs, toMs } = range;
      const [report, series] = await Promise.all([
        parts.hostView.report(),
        parts.hostView.history({ fromMs, toMs: toMs + 1, points: POINTS }, CHARTS),
      ]);
      return parts.frame.answer(c, who, {
        title: "This host",
        place: "/more",
        content: (
          <>
            <UnderMore />
            <Answer>{report.sentence}</Answer>
            {who!.role === "admin" && <More href="/system">Services and reboot</More>}
            <Measured report={report} parts={parts} nowMs={nowMs} />
            <div class="machines host-now">
              <Machine report={report} />
              <Supply report={report} />
              <Written report={report} mayChange={atLeast(who!.role, "admin")} />
              <Network report={report} />
              <Own report={report} />
            </div>
            <h2 id="history">History</h2>
            <Chips label="Range">
              {RANGES.map(({ key, name }) => (
                <Chip key={key} href={hrefWith("/host", { range: key })} on={range.key === key}>
                  {name}
                </Chip>
              ))}
            </Chips>
            <Charts report={report} series={series} range={range} parts={parts} nowMs={nowMs} />
            <More href={hrefWith("/sensors", { machine: "this host" })}>
              All its sensors, with their limits
            </More>
          </>
        ),
      });
    },
  });
}

function Measured(
  { report, parts, nowMs }: { report: HostReport; parts: HostPageParts; nowMs: number },
): VNode {
  const { model, system, status } = report;
  const names = [model, system].filter((name) => name !== null).join(", ");
  return (
    <p class="muted">
      {names !== "" && `${names}. `}
      {status === "unknown"
        ? "What the system does not give to Perch is not measured; it is never taken for good."
        : (
          <>
            Measured <Ago tMs={report.at_ms} nowMs={nowMs} zone={parts.zone} />.{" "}
            <a href="/host">Look&nbsp;again</a>
          </>
        )}
    </p>
  );
}

function Charts(
  { report, series, range, parts, nowMs }: {
    report: HostReport;
    series: readonly HostSeries[];
    range: Range;
    parts: HostPageParts;
    nowMs: number;
  },
): VNode {
  const shown = series.filter(({ t }) => t.length > 0);
  if (shown.length === 0) {
    return (
      <Empty>
        Nothing is stored of this time. Readings are kept once a minute, and reach the disk within
        ten.
      </Empty>
    );
  }
  return (
    <div class="charts">
      {shown.map((one) => (
        <ChartCard key={one.quantity.name} {...{ one, report, range, nowMs }} zone={parts.zone} />
      ))}
    </div>
  );
}

function ChartCard(
  { one, report, range, nowMs, zone }: {
    one: HostSeries;
    report: HostReport;
    range: Range;
    nowMs: number;
    zone: string;
  },
): VNode {
  const { quantity, sensor, bucketMs, mean } = one;
  const { title, unit, decimals } = quantity;
  const settings = sensor?.settings;
  const id = `chart-${one.quantity.name}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>
        {sensor === null
          ? title
          : <a href={`${sensorHref(sensor.id)}?range=${range.key}`}>{title}</a>}
        <span class="area">
          {quantity.isDaily
            ? writtenText(report) ?? "not measured"
            : quantityText(quantity, mean.at(-1)!)}
        </span>
      </h2>
      <PlainChart
        buckets={one}
        fromMs={range.fromMs}
        toMs={range.toMs}
        gap={gapMs(bucketMs, MINUTE_MS)}
        zone={zone}
        nowMs={nowMs}
        title={`${title} in ${unit}`}
        bands={settings === undefined ? [] : bandsOf(settings)}
        decimals={decimals}
        leastSpan={quantity.leastSpan}
        text={(value) => quantityText(quantity, value)}
      />
    </section>
  );
}
