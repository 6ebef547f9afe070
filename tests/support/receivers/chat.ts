/** Chat and push services, as their documentation says they answer. */
import { jsonBody, type Protocol } from "./http.ts";

/** Any web hook: 204 for JSON. */
export const anyHook: Protocol = {
  answer: (request) =>
    jsonBody(request) === null ? { status: 400, body: "no JSON" } : { status: 204 },
  rateLimited: { status: 429, body: "slow down", headers: { "retry-after": "7" } },
  broken: { status: 500, body: "out of order" },
  lie: null,
};

/** https://api.slack.com/messaging/webhooks#handling_errors */
export const slackHook: Protocol = {
  answer(request) {
    if (!request.path.startsWith("/services/T0/B0/")) return { status: 404, body: "no_service" };
    const body = jsonBody(request);
    if (body === null) return { status: 400, body: "invalid_payload" };
    return typeof body.text === "string" && body.text !== ""
      ? { status: 200, body: "ok" }
      : { status: 400, body: "no_text" };
  },
  rateLimited: { status: 429, body: "rate_limited", headers: { "retry-after": "7" } },
  broken: { status: 500, body: "rollup_error" },
  lie: { status: 200, body: { ok: false, error: "channel_not_found" } },
};

/** https://docs.ntfy.sh/publish/ */
export const ntfyServer: Protocol = {
  answer(request) {
    const body = jsonBody(request);
    if (request.path !== "/" || body === null || typeof body.topic !== "string") {
      return ntfyError(400, 40017, "invalid request: request body must be message JSON");
    }
    if (body.topic === "secret" && request.headers.get("authorization") !== "Bearer tk_good") {
      return ntfyError(403, 40301, "forbidden");
    }
    const { topic, title, message, priority, tags, click } = body;
    return {
      status: 200,
      body: {
        id: "sPs71M8A2T",
        time: 1,
        event: "message",
        topic,
        title,
        message,
        priority,
        tags,
        click,
      },
    };
  },
  rateLimited: {
    ...ntfyError(429, 42901, "limit reached: too many requests"),
    headers: { "retry-after": "7" },
  },
  broken: ntfyError(500, 50001, "internal server error"),
  lie: { status: 200, body: "<html>Sign in to this network</html>" },
};

function ntfyError(http: number, code: number, error: string) {
  return { status: http, body: { code, http, error, link: "https://ntfy.sh/docs/publish/" } };
}

export const TELEGRAM_TOKEN = "123456:AAtestAAtestAAtestAAtest";

/** https://core.telegram.org/bots/api#making-requests */
export const telegramApi: Protocol = {
  answer(request) {
    if (request.path !== `/bot${TELEGRAM_TOKEN}/sendMessage`) {
      return telegramError(401, "Unauthorized");
    }
    const body = jsonBody(request);
    if (body?.chat_id !== "42") return telegramError(400, "Bad Request: chat not found");
    const text = String(body.text ?? "");
    const plain = text.replaceAll(/<\/?b>|<a href="[^"<>]*">|<\/a>/g, "");
    if (text === "") return telegramError(400, "Bad Request: message text is empty");
    if (/[<>]/.test(plain)) return telegramError(400, "Bad Request: can't parse entities");
    if (plain.length > 4096) return telegramError(400, "Bad Request: message is too long");
    return { status: 200, body: { ok: true, result: { message_id: 7, text: plain } } };
  },
  rateLimited: {
    status: 429,
    body: {
      ok: false,
      error_code: 429,
      description: "Too Many Requests: retry after 7",
      parameters: { retry_after: 7 },
    },
  },
  broken: telegramError(500, "Internal Server Error"),
  lie: { status: 200, body: { ok: false, description: "not today" } },
};

function telegramError(status: number, description: string) {
  return { status, body: { ok: false, error_code: status, description } };
}

/** https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discordHook: Protocol = {
  answer(request) {
    const body = jsonBody(request);
    if (request.path !== "/api/webhooks/1/token") {
      return { status: 404, body: { message: "Unknown Webhook", code: 10015 } };
    }
    const [embed] = (body?.embeds ?? []) as Record<string, string>[];
    if (embed === undefined) {
      return { status: 400, body: { message: "Cannot send an empty message", code: 50006 } };
    }
    if (embed.title.length > 256 || embed.description.length > 4096) {
      return { status: 400, body: { message: "Invalid Form Body", code: 50035 } };
    }
    return { status: 204 };
  },
  rateLimited: {
    status: 429,
    body: { message: "You are being rate limited.", retry_after: 6.5, global: false },
    headers: { "retry-after": "7" },
  },
  broken: { status: 500, body: { message: "500: Internal Server Error", code: 0 } },
  lie: null,
};

/** A workflow of Teams: 202 and nothing; an older connector answers 200 whatever Teams said. */
export const teamsHook: Protocol = {
  answer(request) {
    const body = jsonBody(request);
    const [one] = (body?.attachments ?? []) as { content?: { type?: string } }[];
    return body?.type === "message" && one?.content?.type === "AdaptiveCard"
      ? { status: 202 }
      : { status: 400, body: { error: { code: "TriggerInputSchemaMismatch" } } };
  },
  rateLimited: {
    status: 429,
    body: { error: { code: "WorkflowTriggerIsThrottled" } },
    headers: { "retry-after": "7" },
  },
  broken: { status: 502, body: { error: { code: "NoResponse" } } },
  lie: {
    status: 200,
    body:
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x.",
  },
};

/** https://gotify.net/api-docs#/message/createMessage */
export const gotifyServer: Protocol = {
  answer(request) {
    if (request.headers.get("x-gotify-key") !== "Agood") {
      return gotifyError(401, "Unauthorized", "you need to provide a valid access token");
    }
    const body = jsonBody(request);
    return request.path === "/message" && typeof body?.message === "string" && body.message !== ""
      ? { status: 200, body: { id: 25, appid: 5, ...body } }
      : gotifyError(400, "Bad Request", "Field 'message' is required");
  },
  rateLimited: {
    ...gotifyError(429, "Too Many Requests", "slow down"),
    headers: { "retry-after": "7" },
  },
  broken: gotifyError(500, "Internal Server Error", "database is locked"),
  lie: { status: 200, body: gotifyError(400, "Bad Request", "lies").body },
};

function gotifyError(status: number, error: string, errorDescription: string) {
  return { status, body: { error, errorCode: status, errorDescription } };
}
