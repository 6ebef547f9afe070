/*
 * DESIGN
 * What passes between ffmpeg and a camera, apart from sockets. Addresses are translated (rtsp_names.ts) and requests
 * are signed (sign_in.ts). An answer that would have ffmpeg go elsewhere, or sign in by itself, is a fault. Requests
 * that are sent again get numbers of their own, so both sides count for themselves.
 */
import { bytesOf, NoRtsp, type RtspMessage, valueOf, withHeader } from "./rtsp_framing.ts";
import { createNames } from "./rtsp_names.ts";
import { createSignIn } from "./sign_in.ts";
import type { CameraAddress } from "./target.ts";
import { redirected, refused, signInFault } from "./way_fault.ts";

export interface RtspExchange {
  /** What ffmpeg is told. */
  url: string;
  /** A request of ffmpeg, as the camera gets it. @throws NoRtsp for one that asks for what was never named */
  ask(request: RtspMessage): Uint8Array;
  /** What a camera said, as something for ffmpeg or back to the camera; null: for nobody. @throws FeedError */
  heard(message: RtspMessage): { to: "client" | "camera"; bytes: Uint8Array } | null;
  /** Whether the camera has something to say: pictures, or an answer. */
  expects(): boolean;
}

interface Pending {
  /** As the camera gets it, unsigned and without a number. */
  request: RtspMessage;
  method: string;
  /** As ffmpeg numbered it. */
  number: string;
  /** How often it was sent again, signed. */
  answered: number;
}

/** What has to work for there to be pictures. */
const NEEDED = new Set(["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]);
const NOTHING = new Uint8Array(0);

/** `relay`: where ffmpeg connects to, `rtsp://127.0.0.1:40123`. */
export function createExchange(relay: string, address: CameraAddress): RtspExchange {
  const names = createNames(relay, address.url);
  const signIn = createSignIn(address.user === "" && address.password === "" ? null : address);
  const pending = new Map<number, Pending>();
  let sent = 0;
  let playing = false;

  function sending(asked: Pending): Uint8Array {
    pending.set(++sent, asked);
    const { request, method } = asked;
    const header = signIn.header(method, request.first.split(" ")[1]);
    const headers = withHeader(request.headers, "CSeq", `${sent}`);
    return bytesOf({
      ...request,
      headers: header === null ? headers : withHeader(headers, "Authorization", header),
    });
  }

  function answered(answer: RtspMessage): ReturnType<RtspExchange["heard"]> {
    const status = Number(answer.first.split(" ")[1]);
    const number = Number(valueOf(answer.headers, "cseq") ?? pending.keys().next().value);
    const asked = pending.get(number);
    if (asked === undefined || status < 200) return null;
    pending.delete(number);
    if (status === 401) {
      const challenges = valueOf(answer.headers, "www-authenticate") ?? "";
      if (!signIn.asked(challenges, asked.answered)) throw signInFault(address);
      return { to: "camera", bytes: sending({ ...asked, answered: asked.answered + 1 }) };
    }
    if (status >= 300 && status < 400) {
      throw redirected(status, valueOf(answer.headers, "location"), address);
    }
    if (status >= 400 && NEEDED.has(asked.method)) {
      throw refused(status, answer.first.replace(/^RTSP\/\S+ /, ""));
    }
    playing ||= asked.method === "PLAY";
    const headers = withHeader(answer.headers, "CSeq", asked.number);
    return { to: "client", bytes: bytesOf(names.fromCamera({ ...answer, headers })) };
  }

  return {
    url: names.url,
    ask(request) {
      const translated = names.toCamera(request);
      if (translated === null) throw new NoRtsp("an address that nobody named");
      return sending({
        request: { ...translated, headers: withHeader(translated.headers, "Authorization", null) },
        method: request.first.split(" ")[0],
        number: valueOf(request.headers, "cseq") ?? "0",
        answered: 0,
      });
    },
    heard: (message) =>
      message.first.startsWith("RTSP/")
        ? answered(message)
        : { to: "camera", bytes: askedByCamera(message, address) },
    expects: () => playing || pending.size > 0,
  };
}

/** A camera may ask, too: that ffmpeg lives it is told, elsewhere nobody goes. @throws FeedError */
function askedByCamera(request: RtspMessage, address: CameraAddress): Uint8Array {
  const method = request.first.split(" ")[0];
  if (method === "REDIRECT") {
    throw redirected(method, valueOf(request.headers, "location"), address);
  }
  const knows = ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER"].includes(method);
  const first = knows ? "RTSP/1.0 200 OK" : "RTSP/1.0 501 Not Implemented";
  const headers = request.headers.filter(([name]) => /^(cseq|session)$/i.test(name));
  return bytesOf({ first, headers, body: NOTHING });
}
