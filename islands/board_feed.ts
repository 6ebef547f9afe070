/**
 * What a board shows, asked for again and again: a screen on a wall has no sign-in, and lives for months. Each answer
 * replaces the one before, so nothing grows. It waits longer and longer while nobody answers, and goes on by itself;
 * a page that another version of Perch made, or of a dashboard that was changed, is loaded anew, but only once the
 * new one is there: a browser that finds nobody would stay with its own error.
 */
import { type Signal, signal } from "@preact/signals";
import type { Board, BoardMachine, BoardTile } from "../lib/live/board.ts";

/** `gone`: the link or the dashboard is no more. */
export type FeedState = "live" | "offline" | "signed-out" | "gone";

export interface BoardFeed {
  /** The newest answer; null before the first. */
  board: Signal<Board | null>;
  state: Signal<{ state: FeedState; sinceMs: number }>;
  /** The server's clock, as far as it is known. */
  now: Signal<number>;
  /** Asks until `signal` ends it. */
  run(signal: AbortSignal): Promise<void>;
  /** Asks at once, where it waits. */
  wake(): void;
}

export interface FeedDeps {
  /** Where to ask, without a query. */
  address: string;
  /** `Board.version` that the page was drawn with. */
  version: string;
  fetch(address: string): Promise<Response>;
  /** By this browser's clock. */
  now(): number;
  random(): number;
  /** Resolves early when `wake` is called. */
  setTimer(run: () => void, ms: number): () => void;
  /** Resolves when somebody looks. */
  visible(): Promise<void>;
  /** Loads the page anew. */
  reload(): void;
}

const EVERY_MS = 2_000;
const MOST_MS = 15_000;
/** A page that is loaded anew again and again would show nothing. */
const RELOAD_MOST_MS = 30_000;

export function createBoardFeed(deps: FeedDeps): BoardFeed {
  const board = signal<Board | null>(null);
  const state = signal<{ state: FeedState; sinceMs: number }>({
    state: "live",
    sinceMs: deps.now(),
  });
  const now = signal(deps.now());
  let chartsMs = deps.now();
  let chartsEveryMs = 0;
  let failures = 0;
  let triedMs = -Infinity;
  let wake = () => {};

  function become(next: FeedState): void {
    if (state.peek().state !== next) state.value = { state: next, sinceMs: now.peek() };
  }

  /** Loads the page anew if it can be had. */
  async function renew(): Promise<void> {
    if (deps.now() - triedMs < RELOAD_MOST_MS) return;
    triedMs = deps.now();
    const page = await deps.fetch("").catch(() => null);
    if (page !== null && page.status < 500) deps.reload();
  }

  async function take(response: Response, charts: boolean): Promise<void> {
    const next: Board = await response.json();
    if (charts) {
      chartsMs = deps.now();
      chartsEveryMs = next.charts_every_ms;
    }
    now.value = next.now_ms;
    failures = 0;
    become("live");
    if (next.version !== deps.version) return await renew();
    board.value = { ...next, tiles: withLines(next.tiles, board.peek()?.tiles ?? []) };
  }

  async function ask(): Promise<void> {
    const charts = deps.now() - chartsMs >= chartsEveryMs;
    const response = await deps.fetch(deps.address + (charts ? "?charts=true" : ""))
      .catch(() => null);
    if (response?.ok) {
      const taken = await take(response, charts).then(() => true, () => false);
      if (taken) return;
    }
    failures++;
    if (response?.status === 401) return become("signed-out");
    // A proxy's own page says nothing of the link.
    if (response?.status === 404 && isProblem(response)) {
      become("gone");
      return await renew();
    }
    become("offline");
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = deps.setTimer(resolve, ms);
      wake = () => {
        stop();
        resolve();
      };
    });
  }

  return {
    board,
    state,
    now,
    wake: () => wake(),
    async run(signal) {
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        await deps.visible();
        await ask();
        // Screens that lost the server together must not come back together.
        const ms = Math.min(MOST_MS, EVERY_MS * 2 ** Math.min(failures, 4));
        if (!signal.aborted) await pause(failures === 0 ? ms : ms * (0.7 + deps.random() * 0.6));
      }
    },
  };
}

/** Charts that were not asked for stay as they were. */
function withLines(tiles: BoardTile[], before: readonly BoardTile[]): BoardTile[] {
  return tiles.map((tile, i) => {
    const old = before[i];
    if (tile.kind === "chart" && tile.lines === null && old?.kind === "chart") return old;
    if (tile.kind !== "status" || old?.kind !== "status") return tile;
    const pasts = new Map([...old.attention, ...old.others].map(({ key, past }) => [key, past]));
    const withPast = (one: BoardMachine) => ({
      ...one,
      past: one.past ?? pasts.get(one.key) ?? null,
    });
    return {
      ...tile,
      attention: tile.attention.map(withPast),
      others: tile.others.map(withPast),
    };
  });
}

const isProblem = ({ headers }: Response) =>
  headers.get("content-type")?.startsWith("application/problem+json") === true;
