/** What the kinds of network cameras have in common. */
import { z } from "zod";
import { type CameraAddress, type CameraScheme, readAddress, withPassword } from "../way/target.ts";
import type { StreamWay, Way } from "../way/way.ts";
import type { Feed, FeedDeps } from "./kind.ts";

/** The options of each: where it is, and who signs in. */
export function networkOptions(schemes: readonly CameraScheme[], example: string) {
  return {
    url: z.string().trim().max(2000).superRefine((text, context) => {
      try {
        readAddress(text, schemes);
      } catch (error) {
        const [{ message }] = (error as { errors: { message: string }[] }).errors;
        context.addIssue({ code: "custom", message });
      }
    }).meta({
      title: "Address",
      description: `Like ${example}. User name and password stand below; ` +
        "where it has to hold the password, write {password}.",
    }),
    user: z.string().max(200).default("").meta({
      title: "User name",
      description: "Of the camera; empty: nobody signs in.",
    }),
    password: z.string().max(500).default("").meta({
      title: "Password",
      description: "Of that user; best one who may only watch. It is kept encrypted.",
      secret: true,
    }),
  };
}

/** The address with those who sign in; those that stand in it count where none are given. */
export function addressOf(
  options: { url: string; user: string; password: string },
  schemes: readonly CameraScheme[],
): CameraAddress {
  const { user, password } = options;
  const address = readAddress(withPassword(options.url, password), schemes);
  return user === "" && password === "" ? address : { ...address, user, password };
}

/** What a way needs of what a feed has. */
export function wayDeps({ outgoing, allowed, signal }: FeedDeps) {
  return { outgoing, allowed, signal };
}

/** Pictures that Perch reads itself and hands on as they are. */
export function pictureFeed(way: StreamWay, twice: boolean): Feed {
  return {
    // The rate is of no use, and to find it takes many pictures.
    input: [
      ...["-protocol_whitelist", "pipe", "-fpsprobesize", "0"],
      ...["-f", "mpjpeg", "-i", "pipe:0"],
    ],
    stdin: way.stdin,
    jpeg: true,
    twice,
    ...endsOf(way),
  };
}

/** How a way ends. */
export function endsOf(way: Way): Pick<Feed, "bytes" | "fault" | "close"> {
  return { bytes: () => way.bytes(), fault: () => way.fault(), close: () => way.close() };
}
