import assert from "node:assert/strict";
import { join } from "node:path";
import { createKernelFiles } from "../../base/kernel_files.ts";
import { fakeDevice, fakeProgram, withFeedDeps } from "../../../tests/support/cameras/feeds.ts";
import { until } from "../../../tests/support/until.ts";
import { file } from "./file.ts";
import { DEVICE_ROOTS, FeedError } from "./kind.ts";
import { pi } from "./pi.ts";
import { v4l2 } from "./v4l2.ts";

const missing = (error: unknown) => error instanceof FeedError && error.fault === "missing";

Deno.test("file: a link that leads out of the folder is not there, one within it is", async () => {
  await withFeedDeps(async (deps, folder) => {
    const filesFolder = join(folder, "films");
    await Deno.mkdir(join(filesFolder, "old"), { recursive: true });
    await Deno.writeTextFile(join(folder, "secret.mp4"), "");
    await Deno.writeTextFile(join(filesFolder, "old/film.mp4"), "");
    await Deno.symlink(join(folder, "secret.mp4"), join(filesFolder, "out.mp4"));
    await Deno.symlink(folder, join(filesFolder, "up"));
    await Deno.symlink("old/film.mp4", join(filesFolder, "in.mp4"));
    const open = (name: string) => file.open({ file: name }, { ...deps, filesFolder });
    for (const name of ["out.mp4", "up/secret.mp4", "old", "none.mp4"]) {
      await assert.rejects(open(name), missing, name);
    }
    const { input } = await open("in.mp4");
    assert.equal(input.at(-1), `file:${await Deno.realPath(join(filesFolder, "old/film.mp4"))}`);
  });
});

Deno.test("v4l2: a camera that comes back as another device is found by its name", async () => {
  await withFeedDeps(async (deps, folder) => {
    const kernel = createKernelFiles({ root: folder, roots: DEVICE_ROOTS });
    const open = (device: string) => v4l2.open({ device }, { ...deps, kernel });
    await fakeDevice(folder, 0, "Acme Cam");
    assert.equal((await open("/dev/video0")).input.at(-1), "/dev/video0");
    await Deno.remove(join(folder, "sys/class/video4linux/video0"), { recursive: true });
    await assert.rejects(open("/dev/video0"), missing);
    await fakeDevice(folder, 0, "Other");
    await fakeDevice(folder, 2, "Acme Cam");
    assert.equal((await open("/dev/video0")).input.at(-1), "/dev/video2");
    await assert.rejects(
      open("/dev/v4l/by-id/none"),
      (error) => missing(error) && /There are: \/dev\/v4l\/by-id\/usb-Acme/.test(String(error)),
    );
  });
});

Deno.test("pi: the older program where the new one is not there; neither: what to install", async () => {
  await withFeedDeps(async (deps, folder) => {
    await assert.rejects(pi.open({}, deps), /rpicam-apps/);
    const path = await fakeProgram(folder, "libcamera-vid");
    const feed = await pi.open({}, { ...deps, path });
    assert.ok((await feed.stdin!.getReader().read()).value!.length > 0);
    await feed.close();
  });
});

Deno.test("pi: a program that ends says why, in a sentence", async () => {
  await withFeedDeps(async (deps, folder) => {
    const said: [string, RegExp][] = [
      ["ERROR: *** no cameras available ***", /ribbon cable/],
      ["failed to acquire camera", /Another program/],
      ["something else", /It said: something else/],
    ];
    for (const [words, sentence] of said) {
      const path = await fakeProgram(folder, "rpicam-vid", `echo '${words}' >&2; exit 255`);
      const feed = await pi.open({}, { ...deps, path });
      const fault = await until("its end", () => feed.fault());
      assert.match(fault.message, sentence);
      await feed.stdin!.cancel();
      await feed.close();
    }
  });
});
