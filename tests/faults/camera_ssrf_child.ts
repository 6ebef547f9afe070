/** Runs in a network of its own; prints what came of every address, through each kind of network camera, as JSON. */
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import type { Outgoing } from "../../lib/base/outgoing.ts";
import { FeedError } from "../../lib/cameras/fault.ts";
import { CLOSED_ADDRESSES } from "../support/closed_addresses.ts";
import { cameraPictures } from "../support/cameras/camera_pictures.ts";
import { readHead, send } from "../support/cameras/listener.ts";
import { NETWORK_WAYS } from "../support/cameras/network_ways.ts";
import { isClosed, LAN, listenEverywhere, startOwnNetwork } from "../support/own_network.ts";
import { sabotaged } from "../support/sabotage.ts";

export interface CameraSsrfReport {
  /** Addresses that were not refused, by kind, with what came of them. */
  passed: string[];
  asked: number;
  /** Connections to what must not be reached: through refused addresses, through bodies and redirects, by ffmpeg. */
  closed: string[];
  /** Of `flip.test`: connections to the internet, refusals, others. */
  flips: { opened: number; refused: number; other: string[] };
  /** By kind: what a camera that is allowed, or not, gives. */
  allowed: Record<string, string>;
  /** By kind and trap: what the camera that laid it is said to have done. */
  trapped: Record<string, string>;
  /** Whether a password was seen in arguments, log or errors. */
  leaks: string[];
}

const SECRET = "canary-of-z26";
const PORTS = [80, 554];
/** The port that "this Perch" listens on. */
const OWN = 8080;
const FLIPS = 40;
/** What a camera at 9.9.9.9 does. */
let trap: (connection: Deno.TcpConn, head: string) => Promise<void> = async () => {};
const reached: string[] = [];

/** As the trap says it to http and to RTSP alike. */
const say =
  (first: string, headers: string, body: string | Uint8Array = "") =>
  async (connection: Deno.TcpConn, head: string): Promise<void> => {
    const isRtsp = / RTSP\/1\.0/.test(head);
    const cseq = isRtsp ? `CSeq: ${/cseq: *(\d+)/i.exec(head)?.[1]}\r\n` : "";
    const begin = `${isRtsp ? "RTSP/1.0" : "HTTP/1.1"} ${first}\r\n${cseq}${headers}`;
    await send(connection, `${begin}Content-Length: ${body.length}\r\n\r\n`);
    await send(connection, body);
  };

async function serve(connection: Deno.TcpConn, came: string): Promise<void> {
  reached.push(came);
  for (;;) {
    const head = await readHead(connection);
    if (head === null) break;
    await trap(connection, head);
    if (!head.includes(" RTSP/1.0")) break;
  }
  connection.close();
}

const guardOf = (change: Partial<Parameters<typeof createOutgoing>[0]> = {}) =>
  createOutgoing({
    allowed: () => [],
    opened: sabotaged("no-guard") ? ["0.0.0.0/0", "::/0"] : [],
    ownPorts: () => [],
    timeoutMs: 2_000,
    ...change,
  });
const guard = guardOf();

/** "invalid", "not_allowed", or whatever else came of it. */
async function outcome(
  kind: string,
  url: string,
  { outgoing = guard, allowed = null }: { outgoing?: Outgoing; allowed?: string | null } = {},
): Promise<string> {
  try {
    return await NETWORK_WAYS[kind].look(url, { outgoing, allowed });
  } catch (error) {
    if (error instanceof PerchError) return "invalid";
    return error instanceof FeedError ? error.fault : `${error}`;
  }
}

/** The table of closed addresses, in the schemes of a kind. */
const inScheme = (address: string, scheme: string) =>
  address.replace(/^(\s*)http(?=s?:)/i, (_, space) => space + scheme);

async function closedAddresses(): Promise<Pick<CameraSsrfReport, "passed" | "asked" | "closed">> {
  const passed: string[] = [];
  let asked = 0;
  trap = say("404 Not Found", "");
  for (const [kind, { scheme }] of Object.entries(NETWORK_WAYS)) {
    for (const address of CLOSED_ADDRESSES) {
      // To a camera, user name and password in an address are welcome.
      if (/^https?:\/\/[^/]*@public\.test\/$/.test(address)) continue;
      asked++;
      const came = await outcome(kind, inScheme(address, scheme));
      if (came !== "invalid" && came !== "not_allowed") passed.push(`${kind} ${address}: ${came}`);
    }
  }
  return { passed, asked, closed: reached.splice(0).filter(isClosed) };
}

async function flips(flipNames: () => () => void): Promise<CameraSsrfReport["flips"]> {
  const stop = flipNames();
  const flips = { opened: 0, refused: 0, other: [] as string[] };
  for (const [kind, { scheme }] of Object.entries(NETWORK_WAYS)) {
    for (let i = 0; i < FLIPS; i++) {
      const came = await outcome(kind, `${scheme}://flip.test/`);
      if (came === "no_picture") flips.opened++;
      else if (came === "not_allowed") flips.refused++;
      else flips.other.push(`${kind}: ${came}`);
    }
  }
  stop();
  return flips;
}

async function allowed(): Promise<Record<string, string>> {
  trap = say("404 Not Found", "");
  const came: Record<string, string> = {};
  const own = guardOf({ opened: [], ownPorts: () => [80, 554] });
  for (const [kind, { scheme, port }] of Object.entries(NETWORK_WAYS)) {
    const lan = `${scheme}://lan.test/`;
    const ask = async (what: string, url: string, deps: Parameters<typeof outcome>[2] = {}) => {
      came[`${kind}: ${what}`] = await outcome(kind, url, deps);
    };
    await ask("internet", `${scheme}://public.test/`);
    await ask("LAN", lan);
    await ask("LAN, allowed", lan, { allowed: `${LAN}:${port}` });
    await ask("LAN, another port allowed", lan, { allowed: `${LAN}:${port + 1}` });
    await ask("LAN, another host allowed", lan, { allowed: `192.168.7.7:${port}` });
    await ask("metadata, allowed", `${scheme}://169.254.169.254/`, {
      allowed: `169.254.169.254:${port}`,
    });
    await ask("loopback, allowed", `${scheme}://127.0.0.1/`, { allowed: `127.0.0.1:${port}` });
    await ask("own port, allowed", lan, { outgoing: own, allowed: `${LAN}:${port}` });
  }
  return came;
}

/** What leads ffmpeg, or Perch, elsewhere. */
async function traps(): Promise<Pick<CameraSsrfReport, "trapped" | "closed" | "leaks">> {
  const { moving: [jpeg] } = await cameraPictures();
  const inside = ["http://169.254.169.254/x", "file:///etc/passwd", "rtsp://127.0.0.1/x"];
  const list = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${inside.join("\n#EXTINF:1,\n")}\n`;
  const concat = `ffconcat version 1.0\nfile ${inside[0]}\nfile concat:/etc/passwd|${inside[0]}\n`;
  const part = (body: string) =>
    `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`;
  const wrapped = `\xff\xd8${list}\xff\xd9`;
  const multipart = "Content-Type: multipart/x-mixed-replace;boundary=b\r\n";
  const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const sdp =
    "v=0\r\no=- 0 0 IN IP4 169.254.169.254\r\ns=x\r\nc=IN IP4 169.254.169.254\r\nt=0 0\r\n" +
    `a=control:${inside[2]}\r\nm=video 5000 RTP/AVP 26\r\na=control:${inside[0]}\r\n`;
  const cameras: Record<string, typeof trap> = {
    redirect: (connection, head) =>
      say("302 Found", `Location: ${inside[head.includes("RTSP/") ? 2 : 0]}\r\n`)(connection, head),
    playlist: say("200 OK", "Content-Type: application/vnd.apple.mpegurl\r\n", list),
    "playlist as a picture": say("200 OK", "Content-Type: image/jpeg\r\n", latin(wrapped)),
    "playlists in parts": say(
      "200 OK",
      multipart,
      latin(part(list) + part(wrapped) + part(concat)),
    ),
    "addresses in a description": say(
      "200 OK",
      `Content-Type: application/sdp\r\nContent-Base: ${inside[2]}\r\n` +
        "Transport: RTP/AVP;unicast;destination=169.254.169.254;client_port=5000-5001\r\n",
      sdp,
    ),
    "addresses beside a picture": say(
      "200 OK",
      `Content-Type: image/jpeg\r\nRefresh: 0; url=${inside[0]}\r\nLocation: ${inside[0]}\r\n`,
      jpeg,
    ),
  };
  const trapped: Record<string, string> = {};
  const leaks: string[] = [];
  for (const [name, camera] of Object.entries(cameras)) {
    trap = camera;
    await Promise.all(
      Object.entries(NETWORK_WAYS).map(async ([kind, { scheme, play }]) => {
        const url = `${scheme}://u:${SECRET}@public.test/live?key=${SECRET}`;
        const came = await play(url, { outgoing: guard, allowed: null }, sabotaged("no-relay"))
          .catch((error) => ({ why: error, seen: messageOf(error) }));
        trapped[`${kind}: ${name}`] = came.why instanceof FeedError
          ? came.why.fault
          : `${came.why}`;
        const said = `${came.seen} ${messageOf(came.why)}`;
        if (said.includes(SECRET)) leaks.push(`${kind}, ${name}`);
      }),
    );
  }
  return { trapped, leaks, closed: reached.splice(0).filter(isClosed) };
}

if (import.meta.main) {
  const network = await startOwnNetwork();
  for (const port of [...PORTS, OWN]) listenEverywhere(port, serve);
  try {
    const table = await closedAddresses();
    const flipped = await flips(network.flipNames);
    const reachedByFlips = reached.splice(0).filter(isClosed);
    const allowing = await allowed();
    // Where the LAN was allowed it is reached, and nothing else is.
    const reachedByAllowing = reached.splice(0).filter((to) => isClosed(to) && !to.endsWith(LAN));
    const trapping = await traps();
    const report: CameraSsrfReport = {
      ...table,
      ...trapping,
      flips: flipped,
      allowed: allowing,
      closed: [table.closed, reachedByFlips, reachedByAllowing, trapping.closed].flat(),
    };
    console.log(JSON.stringify(report));
  } finally {
    await network.close();
  }
  Deno.exit(0);
}
