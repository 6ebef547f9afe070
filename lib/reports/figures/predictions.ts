/** The section about predictions: each time in which a machine was not as usual, and what became of it. */
import type { BriefOutlook } from "../../detect/predict/shapes.ts";
import { title } from "../../words/names.ts";
import { grouped } from "../../words/numbers.ts";
import type { ReportSection, ReportTable } from "../document.ts";
import { ROWS_MOST } from "./alarm_facts.ts";
import { notesOf } from "./notes.ts";
import type { Failure } from "./performance.ts";
import type { Scope } from "./scope.ts";
import type { ReportSources } from "./sources.ts";
import { plural, span } from "./text.ts";
import { DAY_MS } from "../../words/times.ts";

const PAGE = 200;
const RANK = { normal: 0, warning: 1, critical: 2 } as const;
/** A failure is what a prediction spoke of when it follows within this time. */
const FOLLOWS_MS = 7 * DAY_MS;

export interface Episode {
  machine: string;
  fromMs: number;
  /** Of the next look that was normal; null: none before the end of the range. */
  toMs: number | null;
  /** The worst look of it; of equals the first. */
  worst: BriefOutlook;
  /** The last word of a person. */
  verdict: BriefOutlook["verdict"];
}

export interface PredictionFacts {
  looks: number;
  /** Newest first. */
  episodes: Episode[];
}

export async function predictionFacts(
  sources: Pick<ReportSources, "outlooks">,
  scope: Scope,
  signal: AbortSignal,
): Promise<PredictionFacts> {
  const open = new Map<string, Episode>();
  /** The look after, by machine: looks come newest first. */
  const next = new Map<string, BriefOutlook>();
  const episodes: Episode[] = [];
  let looks = 0;
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await sources.outlooks({
      fromMs: scope.fromMs,
      toMs: scope.toMs,
      limit: PAGE,
      cursor,
    });
    for (const look of page.items) {
      if (!scope.has(look.machine)) continue;
      looks++;
      take(look, { open, next, episodes });
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  episodes.sort((a, b) => b.fromMs - a.fromMs || (a.machine < b.machine ? -1 : 1));
  return { looks, episodes };
}

function take(
  look: BriefOutlook,
  { open, next, episodes }: {
    open: Map<string, Episode>;
    next: Map<string, BriefOutlook>;
    episodes: Episode[];
  },
): void {
  const { machine } = look;
  const after = next.get(machine);
  next.set(machine, look);
  if (look.class === "normal") return void open.delete(machine);
  const own = open.get(machine);
  if (own === undefined) {
    const episode = {
      machine,
      fromMs: look.tMs,
      toMs: after?.tMs ?? null,
      worst: look,
      verdict: look.verdict,
    };
    open.set(machine, episode);
    episodes.push(episode);
    return;
  }
  own.fromMs = look.tMs;
  own.verdict ??= look.verdict;
  if (RANK[look.class] >= RANK[own.worst.class]) own.worst = look;
}

export function predictionSection(
  { looks, episodes }: PredictionFacts,
  scope: Scope,
  /** By path of the machine. */
  failures: ReadonlyMap<string, readonly Failure[]>,
): ReportSection {
  const section: ReportSection = {
    title: "Predictions",
    paragraphs: [],
    figures: [],
    charts: [],
    tables: [],
    notes: notesOf("predictions", "failure", "range"),
  };
  if (looks === 0) {
    section.paragraphs.push("No predictions are kept of this time.");
    return section;
  }
  if (episodes.length === 0) {
    section.paragraphs.push("Every machine was predicted to go on as usual.");
    return section;
  }
  const of = (verdict: Episode["verdict"]) =>
    episodes.filter((one) => one.verdict === verdict).length;
  section.paragraphs.push(
    `${plural(episodes.length, "time")} a machine was not as usual. ` + (
      of(null) === episodes.length
        ? "Nobody has said what became of it."
        : `People called ${grouped(of("real"))} a real fault and ${
          grouped(of("false_alarm"))
        } a false alarm.`
    ),
  );
  section.figures = [
    { label: "Predictions", text: grouped(episodes.length), note: "predictions" },
    {
      label: "Critical",
      text: grouped(episodes.filter(({ worst }) => worst.class === "critical").length),
    },
    { label: "Real faults", text: grouped(of("real")) },
    { label: "False alarms", text: grouped(of("false_alarm")) },
  ];
  section.tables.push(tableOf(episodes, scope, failures));
  return section;
}

function tableOf(
  episodes: readonly Episode[],
  scope: Scope,
  failures: ReadonlyMap<string, readonly Failure[]>,
): ReportTable {
  return {
    title: episodes.length > ROWS_MOST
      ? `Predictions: the newest ${grouped(ROWS_MOST)} of ${grouped(episodes.length)}`
      : "Predictions",
    columns: [
      { title: "From", kind: "time", note: "predictions" },
      { title: "Until", kind: "time" },
      { title: "Machine", kind: "text" },
      { title: "Predicted", kind: "text" },
      { title: "What", kind: "text" },
      { title: "Confidence", kind: "percent" },
      { title: "Remaining life", kind: "text" },
      { title: "By", kind: "text" },
      { title: "What became of it", kind: "text" },
    ],
    rows: episodes.slice(0, ROWS_MOST).map((episode) => {
      const { worst, machine, fromMs, toMs } = episode;
      return [
        fromMs,
        toMs,
        scope.nameOf(machine),
        title(worst.class),
        worst.summary,
        worst.confidence,
        worst.life.known ? span(worst.life.remainingMs) : "unknown",
        worst.source === "rules" ? "rules" : `model ${worst.modelVersion}`,
        fateOf(episode, failures.get(machine) ?? []),
      ];
    }),
  };
}

function fateOf({ verdict, fromMs, toMs }: Episode, failures: readonly Failure[]): string {
  const failure = failures.find((one) => one.toMs > fromMs && one.fromMs < fromMs + FOLLOWS_MS);
  const parts = [
    verdict === null ? null : verdict === "real" ? "a real fault" : "a false alarm",
    failure === undefined
      ? null
      : failure.fromMs <= fromMs
      ? "the machine was critical already"
      : `critical after ${span(failure.fromMs - fromMs)}`,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join("; ");
  return toMs === null ? "lasts" : "as usual again";
}
