import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import { duration } from "../words/times.ts";
import type { AskModel, ModelReply, Purpose, Question } from "./ask.ts";
import type { Budget, Hold } from "./budget.ts";
import { type Failure, failureOf } from "./failures.ts";
import { type ModelClient, ModelFault, type RawAnswer } from "./model.ts";
import { tokensIn } from "./prompt.ts";
import { valueOf, type Work, workOf } from "./question.ts";

/*
 * DESIGN
 * One question at a time. A rest that the service asked for holds for everybody who asks that model: nobody tries
 * it meanwhile, and nothing is repeated except once, when the rest is short. Tokens are reserved before and settled
 * after by what the service counted; where it counted nothing although it may have worked, by what was sent.
 */

export interface AskDeps {
  client: ModelClient;
  clock: Clock;
  log: Log;
  budget: Pick<Budget, "reserve">;
  /** The name of the model for a purpose. */
  modelFor: (purpose: Purpose) => string;
  /** Why the model is not to be asked at the moment; null: it may be. */
  refusal: () => string | null;
  /** What is hidden beside secrets, addresses and mails. */
  names: () => Iterable<string>;
  /** Log what is sent and answered (AI_VERBOSE). */
  verbose: boolean;
  /** For tests: less time than the purposes have. */
  timeoutMs?: number;
}

/** How the model stands. */
export interface ModelState {
  /** Why nobody asks it for a while; null: it is asked. */
  resting: { sentence: string; untilMs: number } | null;
  /** The last answer or failure. */
  last: { atMs: number; model: string; failure: string | null } | null;
}

export interface Asker {
  ask: AskModel;
  /** Of the model for analyses. */
  state(): ModelState;
}

/** More than these wait for their turn in vain. */
const WAITING_MOST = 4;
/** A longer rest is not waited for. */
const WAIT_MOST_MS = 10_000;
const NAMED_MODELS = 6;

export function createAsker(deps: AskDeps): Asker {
  const { client, clock, log, budget } = deps;
  const turns = createTurns();
  const breakers = new Map<string, { untilMs: number; sentence: string; failed: number }>();
  let waiting = 0;
  let last: ModelState["last"] = null;

  const resting = (model: string) => {
    const breaker = breakers.get(model);
    const leftMs = breaker === undefined ? 0 : breaker.untilMs - clock.monotonic();
    return leftMs > 0 ? { sentence: breaker!.sentence, leftMs } : null;
  };

  function rest(model: string, failure: Failure): void {
    const failed = (breakers.get(model)?.failed ?? 0) + (failure.restMs > 0 ? 1 : 0);
    const untilMs = clock.monotonic() + failure.restMs;
    breakers.set(model, { untilMs, sentence: failure.sentence, failed });
  }

  /** One request and, where the service asks for a short rest, one more. */
  async function request(
    work: Work,
    hold: Hold,
  ): Promise<{ raw: RawAnswer } | { failure: Failure }> {
    const { model, shape, prompt, signal } = work;
    for (let again = false;; again = true) {
      try {
        const raw = await client.generate({
          model,
          system: prompt.system,
          prompt: prompt.user,
          schema: prompt.schema,
          mostTokens: shape.mostTokens,
          timeoutMs: shape.timeoutMs,
        }, signal);
        breakers.delete(model);
        return { raw };
      } catch (error) {
        if (signal?.aborted) {
          // It was on its way: what it cost is not known.
          await settle(hold, model, work.sentTokens);
          throw error;
        }
        if (!(error instanceof ModelFault)) throw error;
        const failure = failureOf(error, {
          model,
          failed: breakers.get(model)?.failed ?? 0,
          nowMs: clock.now(),
          timeoutMs: shape.timeoutMs,
        });
        if (error.details.sent) work.lostTokens += work.sentTokens;
        rest(model, failure);
        if (again || !failure.again || failure.restMs > WAIT_MOST_MS) return { failure };
        await clock.sleep(failure.restMs, signal);
      }
    }
  }

  async function settle(hold: Hold, model: string, tokens: number): Promise<void> {
    await hold.settle(model, tokens)
      .catch((error) => log.error("what the model cost could not be noted", { error }));
  }

  async function ask<T>(work: Work, question: Question<T>): Promise<ModelReply<T>> {
    const { model, shape, prompt } = work;
    const none = (instead: string, tokens = 0, sent: string | null = null): ModelReply<T> => {
      last = { atMs: clock.now(), model, failure: instead };
      return { instead, tokens, sent };
    };
    const pause = resting(model);
    if (pause !== null) {
      return none(`${pause.sentence} It is asked again in ${duration(pause.leftMs)}.`);
    }
    const hold = await budget.reserve(
      work.sentTokens + shape.mostTokens,
      question.leaveTokens ?? 0,
    );
    if ("why" in hold) return none(hold.why);
    const startedMs = clock.monotonic();
    const sent = `${prompt.system}\n\n${prompt.user}`;
    const outcome = await request(work, hold).catch(async (error) => {
      if (!question.signal?.aborted) await settle(hold, model, work.lostTokens);
      throw error;
    });
    if ("failure" in outcome) {
      await settle(hold, model, work.lostTokens);
      const { failure } = outcome;
      const more = failure.modelGone ? await otherModels(model, question.signal) : "";
      log.warn("the model gave no answer", { model, why: failure.sentence });
      return none(failure.sentence + more, work.lostTokens, sent);
    }
    const { raw } = outcome;
    const tokens = (raw.tokens ?? work.sentTokens + tokensIn(raw.text ?? "")) + work.lostTokens;
    await settle(hold, raw.model, tokens);
    const ms = Math.round(clock.monotonic() - startedMs);
    if (deps.verbose) {
      log.info("the model was asked", { sent, answer: raw.text?.slice(0, 20_000) ?? null });
    }
    log.debug("the model answered", { model: raw.model, tokens, ms, finish: raw.finish });
    const value = valueOf(raw, question.schema, work);
    if ("useless" in value) {
      log.warn("the model's answer is not used", { model: raw.model, why: value.useless });
      return none(value.useless, tokens, sent);
    }
    last = { atMs: clock.now(), model: raw.model, failure: null };
    return { value: value.value, model: raw.model, tokens, sent };
  }

  /** Which models there are instead. */
  async function otherModels(gone: string, signal?: AbortSignal): Promise<string> {
    try {
      const names = (await client.models(signal))
        .filter((name) => name !== gone && /^gemini-[\w.-]{1,60}$/.test(name));
      if (names.length === 0) return "";
      return ` Choose one of ${names.slice(0, NAMED_MODELS).join(", ")} in the settings.`;
    } catch {
      signal?.throwIfAborted();
      return " Choose another in the settings.";
    }
  }

  return {
    state() {
      const model = deps.modelFor("analysis");
      const pause = resting(model);
      return {
        resting: pause === null
          ? null
          : { sentence: pause.sentence, untilMs: clock.now() + pause.leftMs },
        last,
      };
    },
    async ask<T>(question: Question<T>): Promise<ModelReply<T>> {
      question.signal?.throwIfAborted();
      const refusal = deps.refusal();
      if (refusal !== null) return { instead: refusal, tokens: 0, sent: null };
      const work = workOf(question, {
        model: deps.modelFor(question.purpose),
        names: deps.names(),
        timeoutMs: deps.timeoutMs,
      });
      if (work.sentTokens > work.shape.mostSent) {
        return { instead: "This is too much to ask the model at once.", tokens: 0, sent: null };
      }
      if (waiting >= WAITING_MOST) {
        return { instead: "Others are asking the model: try again later.", tokens: 0, sent: null };
      }
      waiting++;
      try {
        return await turns(() => {
          question.signal?.throwIfAborted();
          return ask(work, question);
        });
      } catch (error) {
        question.signal?.throwIfAborted();
        log.error("asking the model failed", { error });
        return { instead: `Asking the model failed: ${messageOf(error)}.`, tokens: 0, sent: null };
      } finally {
        waiting--;
      }
    },
  };
}

/** What something is made from, as one short text that is the same for the same. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
