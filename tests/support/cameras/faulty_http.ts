/** A camera that speaks HTTP and can do everything wrong: `/stream` is MJPEG, `/still.jpg` one picture. */
import { challengeOf, type Door, newDoor } from "./asking.ts";
import { type CameraPictures, cameraPictures } from "./camera_pictures.ts";
import { type Listener, readHead, send, startListener, untilLeft } from "./listener.ts";

export type HttpFault =
  | "none"
  /** Takes the connection and never answers. */
  | "mute"
  /** Says nothing any more, the connection stays. */
  | "half_open"
  /** Leaves in the middle of a picture. */
  | "cut"
  /** `Content-Length` is 100 bytes short. */
  | "wrong_length"
  /** Parts without `Content-Length`. */
  | "no_length"
  /** One picture a second. */
  | "slow"
  | "black"
  /** The same picture again and again. */
  | "frozen"
  /** `floodBytes` without a boundary. */
  | "flood"
  /** 302 to `location`. */
  | "redirect"
  /** A page where the picture should be. */
  | "page"
  /** Pictures of 40 megapixels. */
  | "huge"
  /** 500 */
  | "error";

export interface FaultyHttp extends Listener {
  /** Holds from the next picture on, and for what connects from now on. */
  fault: HttpFault;
  door: Door;
  location: string;
  floodBytes: number;
  readonly streamUrl: string;
  readonly stillUrl: string;
  /** Heads of the requests, the last 100. */
  readonly requests: string[];
  /** Bytes of pictures that were taken from it. */
  sentBytes(): number;
}

const BOUNDARY = "--camera";
const PAGE = "<!doctype html><title>Camera</title><h1>Sign in</h1>";

export async function startFaultyHttp(
  given: { fps?: number; door?: Partial<Door> } = {},
): Promise<FaultyHttp> {
  const pictures = await cameraPictures();
  const requests: string[] = [];
  let sentBytes = 0;
  const listener = startListener(serve);
  const url = `http://127.0.0.1:${listener.port}`;
  const camera: FaultyHttp = {
    ...listener,
    fault: "none",
    door: newDoor(given.door),
    location: "http://127.0.0.1:1/elsewhere",
    floodBytes: 100_000_000,
    streamUrl: `${url}/stream`,
    stillUrl: `${url}/still.jpg`,
    requests,
    sentBytes: () => sentBytes,
  };
  return camera;

  async function serve(connection: Deno.TcpConn): Promise<void> {
    if (camera.fault === "mute") return await untilLeft(connection);
    const head = await readHead(connection);
    if (head === null) return;
    requests.push(head);
    if (requests.length > 100) requests.shift();
    const answer = refusal(head);
    if (answer !== null) return await send(connection, answer);
    if (camera.fault === "flood") return await flood(connection);
    if (head.split(" ")[1].startsWith("/still")) return await still(connection);
    await stream(connection);
  }

  function refusal(head: string): string | null {
    const challenge = challengeOf(camera.door, "GET", head);
    const plain = (status: string, more: string, body = "") =>
      `HTTP/1.1 ${status}\r\n${more}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    if (challenge !== null) return plain("401 No", `WWW-Authenticate: ${challenge}\r\n`, PAGE);
    if (camera.fault === "redirect") return plain("302 Found", `Location: ${camera.location}\r\n`);
    if (camera.fault === "page") return plain("200 OK", "Content-Type: text/html\r\n", PAGE);
    return camera.fault === "error" ? plain("500 Broken", "") : null;
  }

  function pictureNow(n: number): Uint8Array {
    const { moving, black, huge }: CameraPictures = pictures;
    if (camera.fault === "black") return black;
    if (camera.fault === "huge") return huge;
    return moving[camera.fault === "frozen" ? 0 : n % moving.length];
  }

  async function still(connection: Deno.TcpConn): Promise<void> {
    const jpeg = pictureNow(Math.floor(Date.now() / 100));
    if (camera.fault === "half_open") return await untilLeft(connection);
    const length = jpeg.length - (camera.fault === "wrong_length" ? 100 : 0);
    const size = camera.fault === "no_length" ? "" : `Content-Length: ${length}\r\n`;
    await send(
      connection,
      `HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n${size}Connection: close\r\n\r\n`,
    );
    await send(connection, camera.fault === "cut" ? jpeg.subarray(0, jpeg.length / 2) : jpeg);
    sentBytes += jpeg.length;
  }

  async function stream(connection: Deno.TcpConn): Promise<void> {
    const type = `multipart/x-mixed-replace;boundary=${BOUNDARY}`;
    await send(connection, `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`);
    for (let n = 0;; n++) {
      if (camera.fault === "half_open") return await untilLeft(connection);
      const jpeg = pictureNow(n);
      const length = jpeg.length - (camera.fault === "wrong_length" ? 100 : 0);
      const size = camera.fault === "no_length" ? "" : `Content-Length: ${length}\r\n`;
      await send(connection, `${BOUNDARY}\r\nContent-Type: image/jpeg\r\n${size}\r\n`);
      if (camera.fault === "cut") return await send(connection, jpeg.subarray(0, jpeg.length / 2));
      await send(connection, jpeg);
      await send(connection, "\r\n");
      sentBytes += jpeg.length;
      const waitMs = camera.fault === "slow" ? 1000 : 1000 / (given.fps ?? 10);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async function flood(connection: Deno.TcpConn): Promise<void> {
    const type = `multipart/x-mixed-replace;boundary=${BOUNDARY}`;
    await send(connection, `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`);
    const part = new Uint8Array(65_536).fill(0x2e);
    for (let sent = 0; sent < camera.floodBytes; sent += part.length) {
      await send(connection, part);
      sentBytes += part.length;
    }
  }
}
