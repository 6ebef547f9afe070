import { Buffer } from "node:buffer";
import type { Protocol } from "./http.ts";

export const TWILIO = {
  account: "AC0123456789abcdef0123456789abcdef",
  token: "canary-twilio-token",
};
/** Twilio's own test numbers, https://www.twilio.com/docs/iam/test-credentials#test-sms-messages */
export const TWILIO_NUMBERS = {
  good: "+15005550006",
  invalid: "+15005550001",
  unreachable: "+15005550002",
  cannotReceive: "+15005550009",
};

/** https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource */
export const twilioApi: Protocol = {
  answer(request) {
    const basic = Buffer.from(`${TWILIO.account}:${TWILIO.token}`).toString("base64");
    if (request.headers.get("authorization") !== `Basic ${basic}`) {
      return error(401, 20003, "Authenticate");
    }
    if (
      request.method !== "POST" ||
      request.path !== `/2010-04-01/Accounts/${TWILIO.account}/Messages.json`
    ) return error(404, 20404, `The requested resource ${request.path} was not found`);
    const form = new URLSearchParams(request.body);
    const to = form.get("To");
    if (!to) return error(400, 21604, "A 'To' phone number is required.");
    if (to === TWILIO_NUMBERS.invalid) {
      return error(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
    }
    if (to === TWILIO_NUMBERS.unreachable) {
      return error(400, 21612, "The 'To' phone number is not currently reachable via SMS.");
    }
    if (to === TWILIO_NUMBERS.cannotReceive) {
      return error(400, 21614, "'To' number is not a valid mobile number.");
    }
    if (!form.get("From") && !form.get("MessagingServiceSid")) {
      return error(400, 21603, "A 'From' phone number is required.");
    }
    const body = form.get("Body");
    if (!body) return error(400, 21602, "Message body is required.");
    if (body.length > 1600) return error(400, 21617, "The message body exceeds the limit.");
    return {
      status: 201,
      body: {
        sid: "SM0123456789abcdef0123456789abcdef",
        status: "queued",
        to,
        body,
        error_code: null,
      },
    };
  },
  rateLimited: { ...error(429, 20429, "Too Many Requests"), headers: { "retry-after": "7" } },
  broken: error(500, 20500, "Internal Server Error"),
  lie: {
    status: 200,
    body: { sid: "SM1", status: "failed", error_code: 30007, error_message: "filtered" },
  },
};

function error(status: number, code: number, message: string) {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: { code, message, more_info, status } };
}
