import { z } from "zod";
import { defineKind, plainFeed } from "./define.ts";
import { type FeedDeps, FeedError } from "./kind.ts";

const options = z.strictObject({
  device: z.string().trim()
    .regex(
      /^\/dev\/(v4l\/by-(id|path)\/[\w.:@+-]{1,200}|video\d{1,3})$/,
      "a path like /dev/v4l/by-id/usb-…-video-index0 or /dev/video0",
    )
    .meta({
      title: "Device",
      description: "Best its name below /dev/v4l/by-id, which stays the same when it is plugged " +
        "in again; /dev/video0 may become another camera.",
    }),
  format: z.enum(["mjpeg", "raw"]).default("mjpeg").meta({
    title: "Format",
    description: "mjpeg: the camera makes JPEGs, passed on as they are. raw: Perch has to.",
  }),
  size: z.string().regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/, "width x height, like 1280x720")
    .default("1280x720").meta({
      title: "Size",
      description: "One that the camera has; v4l2-ctl --list-formats-ext lists them.",
    }),
  rate: z.int().min(1).max(60).default(10).meta({
    title: "Pictures a second",
    description: "The camera takes the nearest that it has.",
  }),
});

/** A camera at USB, or another device of Video4Linux. */
export const v4l2 = defineKind({
  kind: "v4l2",
  title: "USB camera",
  about: "A camera plugged into this host (Video4Linux).",
  options,
  async open({ device, format, size, rate }, deps) {
    const path = await deviceNow(device, deps);
    return plainFeed({
      input: [
        ...["-f", "v4l2", "-input_format", format === "mjpeg" ? "mjpeg" : "yuyv422"],
        ...["-video_size", size, "-framerate", String(rate), "-i", path],
      ],
      jpeg: format === "mjpeg",
      twice: false,
    });
  },
});

const BY_NAME = "/sys/class/video4linux";
const MODEL = "model";

/** The device's path at the moment; one that came back as another number is known by its name. @throws FeedError */
async function deviceNow(device: string, { kernel, memory }: DeviceDeps): Promise<string> {
  const cut = device.lastIndexOf("/");
  const [folder, name] = [device.slice(0, cut), device.slice(cut + 1)];
  const isStable = folder !== "/dev";
  const there = await kernel.list(isStable ? folder : BY_NAME) ?? [];
  if (isStable) {
    if (there.includes(name)) return device;
    throw await gone(device, kernel);
  }
  const model = await modelOf(name, kernel);
  const known = memory.get(MODEL);
  if (model !== null && (known === undefined || known === model)) {
    memory.set(MODEL, model);
    return device;
  }
  for (const other of known === undefined ? [] : there) {
    if (await modelOf(other, kernel) === known) return `/dev/${other}`;
  }
  throw await gone(device, kernel);
}

type DeviceDeps = Pick<FeedDeps, "kernel" | "memory">;

/** What a device calls itself; null: it is not there, or gives no pictures but data beside them. */
async function modelOf(name: string, kernel: FeedDeps["kernel"]): Promise<string | null> {
  const [model, index] = await Promise.all([
    kernel.read(`${BY_NAME}/${name}/name`),
    kernel.read(`${BY_NAME}/${name}/index`),
  ]);
  return model === null || (index ?? "0").trim() !== "0" ? null : model.trim();
}

async function gone(device: string, kernel: FeedDeps["kernel"]): Promise<FeedError> {
  const there = [
    ...(await kernel.list("/dev/v4l/by-id") ?? []).map((name) => `/dev/v4l/by-id/${name}`),
    ...(await kernel.list(BY_NAME) ?? []).map((name) => `/dev/${name}`),
  ];
  const others = there.length === 0
    ? "No camera is plugged in."
    : `There are: ${there.join(", ")}.`;
  return new FeedError("missing", `${device} is not there: is the camera plugged in? ${others}`);
}
