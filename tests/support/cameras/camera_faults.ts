/** What cameras do wrong, each with its mending, on real and faulty servers. **A new one** is an entry here. */
import type { CameraState } from "../../../lib/words/cameras.ts";
import { type FaultyHttp, type HttpFault, startFaultyHttp } from "./faulty_http.ts";
import { startFaultyRtsp } from "./faulty_rtsp.ts";
import { type RtspServer, startRtspServer } from "./rtsp_server.ts";

export interface CameraFault {
  name: string;
  /** As it is added. */
  camera: { kind: string; options: Record<string, unknown> };
  /** How it has to be called then; `live`: it must stay so. */
  seen: CameraState;
  /** What it says meanwhile; it is mended then. */
  says?: RegExp;
  begin(): Promise<unknown> | unknown;
  mend(): Promise<unknown> | unknown;
}

const httpCamera = (source: FaultyHttp) => ({
  kind: "http_mjpeg",
  options: { url: source.streamUrl },
});

/** Starts the servers; whoever asks closes them. */
export async function startCameraFaults(stack: AsyncDisposableStack): Promise<CameraFault[]> {
  const real = async () => stack.use(await startRtspServer());
  const [picture, stop, halfOpen, cut] = await Promise.all([real(), real(), real(), real()]);
  const cutter = stack.use(startFaultyRtsp(cut));
  const door = stack.use(startFaultyRtsp(cut, { auth: "digest" }));
  const rtsp = ({ url }: Pick<RtspServer, "url">) => ({ kind: "rtsp", options: { url } });
  const http = async (name: string, fault: HttpFault, seen: CameraState) => {
    const source = stack.use(await startFaultyHttp());
    return {
      name,
      camera: httpCamera(source),
      seen,
      begin: () => (source.fault = fault),
      mend: () => (source.fault = "none"),
    };
  };
  return [
    {
      name: "a frozen picture",
      camera: rtsp(picture),
      seen: "frozen",
      begin: () => picture.show("bar"),
      mend: () => picture.show("ball"),
    },
    {
      name: "a stop",
      camera: rtsp(stop),
      seen: "lost",
      begin: () => stop.kill(),
      mend: () => stop.restart(),
    },
    {
      name: "half-open connections",
      camera: rtsp(halfOpen),
      seen: "lost",
      begin: () => halfOpen.freeze(),
      mend: () => halfOpen.thaw(),
    },
    {
      name: "a picture cut in the middle",
      camera: rtsp(cutter),
      seen: "lost",
      begin: () => (cutter.fault = "cut"),
      mend: () => (cutter.fault = "none"),
    },
    {
      name: "another password",
      camera: { kind: "rtsp", options: { url: door.url, user: "perch", password: "secret" } },
      seen: "lost",
      says: /password/,
      begin() {
        door.door.password = "changed";
        door.drop();
      },
      mend: () => (door.door.password = "secret"),
    },
    await http("pictures a second apart", "slow", "live"),
    await http("wrong lengths", "wrong_length", "live"),
    await http("a black picture", "black", "black"),
  ];
}
