import { join } from "node:path";
import { createOutgoing } from "../base/create_outgoing.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import { hashFile } from "../base/file_bytes.ts";
import { VERSION } from "../base/version.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { binaryFor, compareRelease, type Release, RELEASE_NAME, releaseShape } from "./release.ts";

const MOST_BYTES = 1_000_000;

/**
 * Compares this Perch with the release described at a path or address and says how it stands. Exit code 0: nothing
 * is newer; 1: a newer one is there, or this binary is not the one that was released. @throws PerchError `validation`
 */
export async function checkRelease(
  place: string,
  { terminal, json }: CommandContext,
): Promise<ExitCode> {
  const release = await readRelease(place);
  const verdict = compareRelease(release, VERSION);
  const { target } = Deno.build;
  const binary = binaryFor(release, target);
  const genuine = verdict === "current" && binary !== null && Deno.build.standalone
    ? (await hashFile(Deno.execPath())).sha256 === binary.sha256
    : null;
  if (json) {
    const { version, created_ms, schema } = release;
    terminal.out(JSON.stringify({
      ...{ own: VERSION, version, created_ms, schema, verdict, genuine },
      ...{ file: binary?.name ?? null, sha256: binary?.sha256 ?? null },
    }));
  } else terminal.out(sentence(release, verdict, binary, genuine));
  return verdict === "newer" || genuine === false ? 1 : 0;
}

function sentence(
  { version }: Release,
  verdict: ReturnType<typeof compareRelease>,
  binary: ReturnType<typeof binaryFor>,
  genuine: boolean | null,
): string {
  if (verdict === "older") return `perch ${VERSION} is newer than the release ${version}.`;
  if (verdict === "newer") {
    const what = binary === null
      ? `It has no binary for ${Deno.build.target}.`
      : `Its file for this host is ${binary.name} (SHA-256 ${binary.sha256}).`;
    return `perch ${version} is there; this is ${VERSION}. ${what} ` +
      "Make a backup (perch backup), put the file in the place of this one, and start Perch again.";
  }
  if (genuine === false) {
    return `This is ${VERSION}, as the release is, but not the same file: its SHA-256 is another one. ` +
      "Fetch the file of the release again if you did not build this one yourself.";
  }
  return `perch ${VERSION} is the newest.` +
    (genuine === true ? " This file is the one that was released." : "");
}

/** @throws PerchError `validation` with the place and what is expected there */
async function readRelease(place: string): Promise<Release> {
  const text = /^https?:\/\//.test(place) ? await fetched(place) : await read(place);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(place, `is not JSON (${messageOf(error)})`);
  }
  const parsed = releaseShape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw wrong(place, `does not describe a release of Perch: ${path.join(".") || "it"}: ${message}`);
}

async function fetched(place: string): Promise<string> {
  const url = place.endsWith("/") ? place + RELEASE_NAME : place;
  // Whoever types the address owns this host, as whoever sets its environment does.
  const outgoing = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
  const answer = await outgoing.fetch(url, { trusted: true, maxBytes: MOST_BYTES }).catch(
    (error) => {
      throw new PerchError("unavailable", `${url} could not be read: ${messageOf(error)}`);
    },
  );
  const { status, headers: { location } } = answer;
  if (status !== 200) {
    const leads = location === undefined ? "" : ` and leads to ${location}, which is not followed`;
    throw wrong(url, `answered ${status} instead of 200${leads}`);
  }
  return answer.text;
}

async function read(place: string): Promise<string> {
  try {
    const path = (await Deno.stat(place)).isDirectory ? join(place, RELEASE_NAME) : place;
    const { size } = await Deno.stat(path);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes`);
    return await Deno.readTextFile(path);
  } catch (error) {
    throw wrong(place, `cannot be read (${messageOf(error)})`);
  }
}

function wrong(place: string, reason: string): PerchError {
  const message = `${place} ${reason}. Give --check the path or the http(s) address of a ` +
    `${RELEASE_NAME}, or the folder that it is in.`;
  return new PerchError("validation", message, { errors: [{ path: "check", message }] });
}
