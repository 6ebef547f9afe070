import { type RtspMessage, valueOf, withHeader } from "./rtsp_framing.ts";

/**
 * Translates addresses between ffmpeg, which knows `rtsp://127.0.0.1:PORT/…` alone, and the camera: what a camera
 * calls itself may hold a password, and may name another host, to which nobody connects.
 */
export interface RtspNames {
  /** What ffmpeg calls the camera. */
  url: string;
  /** A request as the camera gets it. Null: it asks for what was never named. */
  toCamera(request: RtspMessage): RtspMessage | null;
  /** An answer as ffmpeg gets it. */
  fromCamera(answer: RtspMessage): RtspMessage;
}

const FIRST_NAME = "camera";
/** Of addresses that one camera may name: it has a few tracks. */
const MOST_NAMES = 64;
/** Headers that are one address. */
const BASES = /^content-(base|location)$/i;
/** What would have ffmpeg go elsewhere or sign in. */
const OF_NO_CONCERN = /^(location|www-authenticate|authentication-info)$/i;

/** `relay`: `rtsp://127.0.0.1:40123`; `real`: the camera's own address. */
export function createNames(relay: string, real: string): RtspNames {
  // What is joined to an address is joined by a slash, so none of them ends in one.
  const known = new Map([[FIRST_NAME, real.replace(/\/$/, "")]]);

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
    url: nameOf(real),
    toCamera(request) {
      const [method, url, version] = request.first.split(" ");
      if (url === "*") return request;
      const at = realOf(url);
      return at === null ? null : { ...request, first: `${method} ${at} ${version}` };
    },
    fromCamera(answer) {
      const isSdp = /sdp/i.test(valueOf(answer.headers, "content-type") ?? "");
      const body = isSdp ? sdpOf(answer.body) : answer.body;
      const headers = answer.headers.filter(([name]) => !OF_NO_CONCERN.test(name))
        .map(([name, value]): [string, string] => [name, translated(name, value)]);
      return {
        ...answer,
        headers: body.length > 0
          ? withHeader(headers, "Content-Length", `${body.length}`)
          : headers,
        body,
      };
    },
  };

  function translated(name: string, value: string): string {
    if (BASES.test(name)) return isAbsolute(value) ? nameOf(value) : value;
    if (!/^rtp-info$/i.test(name)) return value;
    return value.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s;,"]+/gi, nameOf);
  }
}

const isAbsolute = (url: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(url);

/** Whether an address is that of the base, or goes on after it. */
const isBelow = (url: string, base: string) =>
  url.startsWith(base) && /^$|^[/?&;]/.test(url.slice(base.length));
