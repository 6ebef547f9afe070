import { unitText } from "../lib/words/numbers.ts";
import type { VNode } from "preact";
import type { BoardMachine, BoardRow, BoardTile as Tile, BoardTileOf } from "../lib/live/board.ts";
import { attentionSentence } from "../lib/words/boards.ts";
import { lastedIn, NOT_RECORDED, type PastStatus, STATES } from "../lib/words/past_spans.ts";
import { ago, dateTime, duration, lasted } from "../lib/words/times.ts";
import { BoardChart } from "./board_chart.tsx";
import { feed } from "./board_now.ts";
import { Sparkline } from "./sparkline.tsx";
import { StatusWord } from "./status_word.tsx";

export interface BoardTileProps {
  /** Its place among the tiles. */
  index: number;
  initial: Tile;
  nowMs: number;
  zone: string;
}

/** One tile: as the server drew it, then as the feed brings it. */
export function BoardTile({ index, initial, nowMs, zone }: BoardTileProps): VNode {
  const isServer = typeof document === "undefined";
  const tile = isServer ? initial : feed.board.value?.tiles[index] ?? initial;
  const at = isServer ? nowMs : Math.max(feed.now.value, nowMs);
  const isOld = !isServer && feed.state.value.state !== "live";
  return (
    <div class={isOld ? "tile-body stale" : "tile-body"}>
      <Content tile={tile} nowMs={at} zone={zone} />
    </div>
  );
}

function Content({ tile, nowMs, zone }: { tile: Tile; nowMs: number; zone: string }): VNode | null {
  switch (tile.kind) {
    case "value":
      return <Value tile={tile} nowMs={nowMs} zone={zone} />;
    case "chart":
      return <BoardChart tile={tile} zone={zone} />;
    case "table":
      return <Rows tile={tile} nowMs={nowMs} />;
    case "status":
      return <Machines tile={tile} nowMs={nowMs} />;
    case "text":
      return null;
  }
}

function Value(
  { tile, nowMs, zone }: { tile: BoardTileOf<"value">; nowMs: number; zone: string },
): VNode {
  const { text, unit, status, at_ms, silent, spark } = tile;
  if (status === null) return <p class="muted">This sensor was deleted.</p>;
  return (
    <>
      <p class={silent ? "tile-value stale" : "tile-value"}>
        {text ?? "–"}
        {unitText(unit) && <span class="unit">{unitText(unit)}</span>}
      </p>
      <Sparkline spark={spark} />
      <p class="tile-note">
        <StatusWord status={status} />
        {at_ms === null ? <span class="muted">no reading yet</span> : (
          <time
            class="muted"
            dateTime={new Date(at_ms).toISOString()}
            title={dateTime(at_ms, zone)}
          >
            {silent ? `silent, last ${ago(nowMs - at_ms)}` : ago(nowMs - at_ms)}
          </time>
        )}
      </p>
    </>
  );
}

function Rows({ tile, nowMs }: { tile: BoardTileOf<"table">; nowMs: number }): VNode {
  if (tile.rows.length === 0) return <p class="muted">No sensor matches.</p>;
  return (
    <>
      <table class="tile-table">
        <thead>
          <tr>
            <th scope="col">Sensor</th>
            <th scope="col" class="number">Value</th>
            <th scope="col" class="text">Status</th>
          </tr>
        </thead>
        <tbody>
          {tile.rows.map((row, i) => <Row key={i} row={row} nowMs={nowMs} />)}
        </tbody>
      </table>
      {tile.more > 0 && <p class="muted">{`${tile.more} more are not shown.`}</p>}
    </>
  );
}

function Row({ row, nowMs }: { row: BoardRow; nowMs: number }): VNode {
  const { title, about, href, text, unit, status, at_ms, silent } = row;
  return (
    <tr>
      <th scope="row">
        {href === null ? title : <a href={href}>{title}</a>}
        {about && <span class="area">{about}</span>}
      </th>
      <td class={silent ? "number stale" : "number"}>
        {text ?? "–"} {unitText(unit) && <span class="unit">{unitText(unit)}</span>}
      </td>
      <td class="text">
        {status === null
          ? <span class="muted">deleted</span>
          : silent && at_ms !== null
          ? <span class="muted">{`silent, last ${ago(nowMs - at_ms)}`}</span>
          : <StatusWord status={status} />}
      </td>
    </tr>
  );
}

/** So many normal machines are shown without being asked for. */
const SHOWN_MOST = 12;

function Machines({ tile, nowMs }: { tile: BoardTileOf<"status">; nowMs: number }): VNode {
  const { attention, others, more } = tile;
  const list = (some: readonly BoardMachine[]) => (
    <ul class="tile-machines">
      {some.map((one, i) => <MachineRow key={i} machine={one} nowMs={nowMs} />)}
    </ul>
  );
  return (
    <>
      <p class="tile-answer">
        {attentionSentence(attention.length, attention.length + others.length)}
      </p>
      {attention.length > 0 && list(attention)}
      {others.length > SHOWN_MOST
        ? (
          <details>
            <summary>{`${others.length} without trouble`}</summary>
            {list(others)}
          </details>
        )
        : others.length > 0 && list(others)}
      {more > 0 && <p class="muted">{`${more} more are not shown.`}</p>}
    </>
  );
}

function MachineRow({ machine, nowMs }: { machine: BoardMachine; nowMs: number }): VNode {
  const { title, about, href, status, since_ms, past } = machine;
  return (
    <li>
      <span>
        {href === null ? title : <a href={href}>{title}</a>}
        {about && <span class="area">{about}</span>}
      </span>
      <span>
        <StatusWord status={status} />
        <span class="muted">{` for ${lasted(nowMs - since_ms)}`}</span>
      </span>
      {past !== null && past.length > 0 && <Past spans={past} />}
    </li>
  );
}

const STRIP = 1_000;
const WORDS: Partial<Record<PastStatus, string>> = { unknown: NOT_RECORDED, offline: "silent" };

/** How a machine was in the last day, as a strip. */
function Past({ spans }: { spans: NonNullable<BoardMachine["past"]> }): VNode {
  const fromMs = spans[0].from_ms, toMs = spans.at(-1)!.to_ms;
  const x = (ms: number) => (ms - fromMs) / (toMs - fromMs) * STRIP;
  const sums = lastedIn(
    spans.map(({ from_ms, to_ms, state }) => ({ fromMs: from_ms, toMs: to_ms, state })),
  );
  const words = STATES.filter((state) => sums[state] > 0)
    .map((state) => `${WORDS[state] ?? state} ${duration(sums[state])}`).join(", ");
  return (
    <svg
      class="past-strip"
      viewBox={`0 0 ${STRIP} 8`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Last 24 h: ${words}`}
    >
      <title>{`Last 24 h: ${words}`}</title>
      {spans.filter(({ state }) => state !== "unknown").map(({ from_ms, to_ms, state }) => (
        <rect
          key={from_ms}
          class={`past-${state}`}
          x={x(from_ms).toFixed(1)}
          // What is short is still seen.
          width={Math.max(state === "normal" ? 0.2 : 3, x(to_ms) - x(from_ms)).toFixed(1)}
          height="8"
        />
      ))}
    </svg>
  );
}
