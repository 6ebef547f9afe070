/** A camera's score: 100, less what is named. Pure. */
import { type CameraState, oldAfterMs } from "../../words/cameras.ts";
import { plain } from "../../words/numbers.ts";
import { duration } from "../../words/times.ts";
import type { ScoreTerm } from "./shape.ts";

export interface ScoreFacts {
  state: CameraState;
  frameAgeMs: number | null;
  fps: number;
  /** What it should give at the moment. */
  fpsWanted: number;
  reconnectsPerHour: number;
}

/** From here on an old picture is as bad as none. */
const AGE_BAD_MS = 20_000;
const FPS_POINTS = 20;
/** Less than this of what it should give costs points: rates of pictures waver. */
const FPS_GOOD = 0.8;
const RECONNECT_POINTS = 2;
const RECONNECT_POINTS_MOST = 30;
const BLACK_POINTS = 70;
const FROZEN_POINTS = 60;

/** The terms, worst first, and what they leave of 100. A camera that is off or starts has no score to lose. */
export function scoreOf(facts: ScoreFacts): { score: number; terms: ScoreTerm[] } {
  const isJudged = facts.state !== "off" && facts.state !== "starting";
  const terms = isJudged ? [...TERMS].flatMap((term) => term(facts) ?? []) : [];
  terms.sort((a, b) => b.points - a.points);
  const lost = terms.reduce((sum, { points }) => sum + points, 0);
  return { score: Math.max(0, 100 - lost), terms };
}

const TERMS: readonly ((facts: ScoreFacts) => ScoreTerm | null)[] = [
  ({ frameAgeMs, fpsWanted }) => {
    if (frameAgeMs === null) return term("age", 100, "there never was a picture");
    const goodMs = oldAfterMs(fpsWanted);
    const share = (frameAgeMs - goodMs) / (Math.max(AGE_BAD_MS, 2 * goodMs) - goodMs);
    return term("age", 100 * share, `the newest picture is ${duration(frameAgeMs)} old`);
  },
  ({ fps, fpsWanted, frameAgeMs }) => {
    if (fpsWanted <= 0 || frameAgeMs === null) return null;
    const share = 1 - fps / (fpsWanted * FPS_GOOD);
    const text = `${plain(fps)} pictures a second come instead of ${plain(fpsWanted)}`;
    return term("fps", FPS_POINTS * share, text);
  },
  ({ reconnectsPerHour: n }) =>
    term(
      "reconnects",
      Math.min(RECONNECT_POINTS_MOST, RECONNECT_POINTS * n),
      `it was started anew ${n === 1 ? "once" : `${n} times`} in the last hour`,
    ),
  ({ state }) => {
    if (state === "black") return term("black", BLACK_POINTS, "the picture is black");
    if (state !== "covered") return null;
    return term("black", BLACK_POINTS, "the picture has the same brightness everywhere");
  },
  ({ state }) =>
    state === "frozen" ? term("frozen", FROZEN_POINTS, "the picture does not change") : null,
];

/** Null: it costs nothing. */
function term(name: ScoreTerm["name"], points: number, text: string): ScoreTerm | null {
  const whole = Math.round(Math.min(100, Math.max(0, points)));
  return whole === 0 ? null : { name, points: whole, text };
}
