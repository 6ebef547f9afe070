import { type RtspMessage, valueOf, withHeader } from "./rtsp_framing.ts";

/**
 * Translates addresses between ffmpeg, which knows `rtsp://127.0.0.1:PORT/…` alone, and the camera: what a camera
 * calls itself may hold a password, and may name another host, to which nobody connects.
 */
export interface RtspNames {
  /** A request as the camera gets it. Null: it asks for what was never named. */
  toCamera(request: RtspMessage): RtspMessage | null;
  /** An answer as ffmpeg gets it. */
  fromCamera(answer: RtspMessage): RtspMessage;
}

const FIRST_NAME = "camera";
/** Of addresses that one camera may name: it has a few tracks. */
const MOST_NAMES = 64;
const HEADERS_WITH_BASE = ["Content-Base", "Content-Location"];

/** `relay`: `rtsp://127.0.0.1:40123`; `real`: the camera's own address. */
export function createNames(relay: string, real: string): RtspNames {
  const known = new Map([[FIRST_NAME, real]]);

  /** The name of an address: that of the longest one that it begins with, or a new one. */
  function nameOf(url: string): string {
    const fits = [...known].filter(([, base]) => isBelow(url, base))
      .sort(([, a], [, b]) => b.length - a.length)[0];
    if (fits !== undefined) return `${relay}/${fits[0]}${url.slice(fits[1].length)}`;
    if (known.size >= MOST_NAMES) return `${relay}/${FIRST_NAME}`;
    const name = `part${known.size}`;
    const slash = url.endsWith("/") ? "/" : "";
    known.set(name, url.slice(0, url.length - slash.length));
    return `${relay}/${name}${slash}`;
  }

  function realOf(url: string): string | null {
    const [, name, rest] = /^\/(\w+)(.*)$/.exec(url.slice(relay.length)) ?? [];
    const base = url.startsWith(`${relay}/`) ? known.get(name) : undefined;
    return base === undefined ? null : base + rest;
  }

  function sdpOf(body: Uint8Array): Uint8Array {
    // Byte for byte: what else it says may be in any alphabet.
    const text = new TextDecoder("latin1").decode(body);
    const renamed = text.replace(
      /^(a=control:)([a-z][a-z0-9+.-]*:\/\/\S+)/gim,
      (_, key, url) => key + nameOf(url),
    );
    return Uint8Array.from(renamed, (letter) => letter.charCodeAt(0));
  }

  return {
    toCamera(request) {
      const [method, url, version] = request.first.split(" ");
      if (url === "*") return request;
      const at = realOf(url);
      return at === null ? null : { ...request, first: `${method} ${at} ${version}` };
    },
    fromCamera(answer) {
      let { headers, body } = answer;
      for (const name of HEADERS_WITH_BASE) {
        const base = valueOf(headers, name.toLowerCase());
        if (base !== null && isAbsolute(base)) headers = withHeader(headers, name, nameOf(base));
      }
      const info = valueOf(headers, "rtp-info");
      if (info !== null) {
        headers = withHeader(headers, "RTP-Info", info.replace(/rtsps?:\/\/[^\s;,"]+/gi, nameOf));
      }
      if (/sdp/i.test(valueOf(headers, "content-type") ?? "")) body = sdpOf(body);
      if (body.length > 0) headers = withHeader(headers, "Content-Length", `${body.length}`);
      return { ...answer, headers, body };
    },
  };
}

const isAbsolute = (url: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(url);

/** Whether an address is that of the base, or goes on after it. */
const isBelow = (url: string, base: string) =>
  url.startsWith(base) && /^$|^[/?&;]/.test(url.slice(base.length));
