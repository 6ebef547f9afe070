/** How the history server is: a panel of its section of the settings, its test, and the same for programs. */
import type { VNode } from "preact";
import { z } from "zod";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import type { History, HistoryState, HistoryWaiting } from "../../lib/history/history.ts";
import { keptFor } from "../../lib/history/server.ts";
import { bytes, grouped, plain } from "../../lib/words/numbers.ts";
import { dateTime } from "../../lib/words/times.ts";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { hrefWith } from "../frame/links.ts";
import { Fact, Facts, Post, Said } from "../frame/parts.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";

export interface HistoryServerServices {
  history: Pick<History, "state" | "waiting" | "test">;
}

/** The category of its settings, and their place in the address. */
export const HISTORY_SERVER = "History server";
const SECTION = "history-server";

const stateShape = z.object({
  health: z.enum(["ok", "degraded", "error", "off"]),
  detail: z.string(),
  url: z.string().nullable(),
  failing_since_ms: z.number().nullable(),
  sent: z.number().describe("readings that were found there"),
  per_second: z.number().nullable().describe("of the last minute"),
  waiting: z.object({ chunks: z.number(), readings: z.number() }),
  sent_until_ms: z.number().nullable().describe("all that is sealed before it is there; null: all"),
  keeps_ms: z.number().nullable().describe("how long it keeps readings"),
  bytes: z.number().nullable().describe("on its disk, of everybody"),
}).meta({ id: "HistoryServer" });

const NOTHING: HistoryWaiting = { chunks: 0, readings: 0, oldestMs: null };

/** `/api/history-server`, and its test. */
export function historyServerRoutes({ history }: HistoryServerServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/history-server",
      policy: "admin",
      summary: "How the history server is, what it has and what waits",
      tags: ["Status"],
      responses: { 200: { description: "Its state", schema: stateShape } },
      handler: async ({ c }) => c.json(jsonOf(history.state(), await waitingOf(history))),
    }),
    route({
      method: "post",
      path: "/api/history-server/test",
      policy: "admin",
      summary: "Asks the history server now",
      tags: ["Status"],
      responses: {
        200: {
          description: "What it said, or why it cannot be used",
          schema: z.object({ ok: z.boolean(), detail: z.string() }),
        },
      },
      handler: async ({ c }) =>
        c.json(
          await tested(history).then(
            (detail) => ({ ok: true, detail }),
            (error) => ({ ok: false, detail: messageOf(error) }),
          ),
        ),
    }),
  ];
}

/** What the button of the page posts to. */
export function historyServerAction(
  { history }: HistoryServerServices,
  draw: (context: RouteContext, sent: SentForm) => Response | Promise<Response>,
): Route {
  return formAction(
    "/settings/history-server/test",
    z.object({}),
    async () => hrefWith("/settings", { section: SECTION, tested: await tested(history) }),
    draw,
    "admin",
  );
}

async function tested(history: Pick<History, "test">): Promise<string> {
  try {
    return await history.test();
  } catch (error) {
    throw new PerchError("unavailable", `The history server cannot be used: ${messageOf(error)}.`);
  }
}

/** What waits, when the storage says. */
export async function waitingOf(history: Pick<History, "waiting">): Promise<HistoryWaiting> {
  return await history.waiting().catch(() => NOTHING);
}

function jsonOf(state: HistoryState, waiting: HistoryWaiting) {
  return {
    health: state.health,
    detail: state.detail,
    url: state.url,
    failing_since_ms: state.failingSinceMs,
    sent: state.sent,
    per_second: state.perSecond,
    waiting: { chunks: waiting.chunks, readings: waiting.readings },
    sent_until_ms: waiting.oldestMs,
    keeps_ms: state.facts?.keepsMs ?? null,
    bytes: state.facts?.bytes ?? null,
  };
}

/** State, how far it is, and the test. */
export function HistoryPanel(
  { state, waiting, tested, zone }: {
    state: HistoryState;
    waiting: HistoryWaiting;
    tested: string | undefined;
    zone: string;
  },
): VNode {
  const { facts, perSecond } = state;
  const all = state.sent + waiting.readings;
  return (
    <>
      {state.health === "degraded"
        ? (
          <p class="banner warning" role="status">
            {state.failingSinceMs === null
              ? state.detail
              : `${state.detail} Since ${
                dateTime(state.failingSinceMs, zone)
              }; what is sealed waits here.`}
          </p>
        )
        : <p>{state.detail}</p>}
      {tested !== undefined && <Said>{tested}</Said>}
      {state.health !== "off" && (
        <>
          {waiting.readings > 0 && (
            <p>
              <label for="history-sent">
                {`${grouped(state.sent)} of ${grouped(all)} sealed readings are there`}
              </label>{" "}
              <progress id="history-sent" max={all} value={state.sent} />
            </p>
          )}
          <Facts>
            <Fact name="Sent">{`${grouped(state.sent)} readings`}</Fact>
            <Fact name="Complete until">
              {waiting.oldestMs === null
                ? "the newest that is sealed"
                : dateTime(waiting.oldestMs, zone)}
            </Fact>
            <Fact name="Waiting">
              {`${grouped(waiting.readings)} readings in ${grouped(waiting.chunks)} pieces`}
            </Fact>
            <Fact name="Rate">
              {perSecond === null ? "–" : `${plain(Math.round(perSecond))} readings/s`}
            </Fact>
            <Fact name="Keeps readings for">
              {facts?.keepsMs == null ? "it does not say" : keptFor(facts.keepsMs)}
            </Fact>
            <Fact name="On its disk">
              {facts?.bytes == null ? "it does not say" : bytes(facts.bytes)}
            </Fact>
          </Facts>
          <p class="muted">
            Whole numbers are kept there exactly, others to eleven digits; minutes and hours on this
            disk are exact.
          </p>
          <Post action="/settings/history-server/test">Test it now</Post>
        </>
      )}
    </>
  );
}
