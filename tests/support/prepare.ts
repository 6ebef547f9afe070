/**
 * What the tests need beside Deno: Debian packages. As root they are installed; otherwise it says which
 * command to run, and what is missing then. `PERCH_TEST_REQUIRE=all` makes missing ones an error.
 *
 *   deno run -A tests/support/prepare.ts [--binary]
 */
const DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Package → file or command that shows that it is there. */
const PACKAGES: Record<string, string> = {
  "mosquitto": "mosquitto",
  "mosquitto-clients": "mosquitto_pub",
  "chromium": "chromium",
  "chromium-headless-shell": "/usr/lib/chromium/chromium-headless-shell",
  "strace": "strace",
  "openssl": "openssl",
  "python3": "python3",
  "dnsmasq-base": "dnsmasq",
  "iproute2": "ip",
  "nginx-light": "nginx",
  "caddy": "caddy",
  "tmux": "tmux",
  // Asks Perch, and judges its metrics; the service that it brings is not needed.
  "prometheus": "promtool",
  // Keeps history beside Perch; the service that it brings is not needed.
  "victoria-metrics": "victoria-metrics",
  "dbus": "dbus-daemon",
  "ffmpeg": "ffmpeg",
  "gpiod": "gpiomon",
  // A real RTSP server; Debian's encoder of H.264 comes with it.
  "python3-gi": "/usr/lib/python3/dist-packages/gi/__init__.py",
  "gir1.2-gst-rtsp-server-1.0": "/usr/share/doc/gir1.2-gst-rtsp-server-1.0/copyright",
  "gstreamer1.0-plugins-base": "/usr/share/doc/gstreamer1.0-plugins-base/copyright",
  "gstreamer1.0-plugins-good": "/usr/share/doc/gstreamer1.0-plugins-good/copyright",
  // Read the PDF, the workbooks and the CSV of reports and exports.
  "poppler-utils": "pdftotext",
  "libreoffice-calc-nogui": "soffice",
  "sqlite3": "sqlite3",
  // For `systemd-analyze`.
  "systemd": "systemd-analyze",
  "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
};
/** To run the ARM64 binary. */
const BINARY_PACKAGES: Record<string, string> = {
  "qemu-user-static": "qemu-aarch64-static",
  "libc6:arm64": "/lib/aarch64-linux-gnu/libc.so.6",
  "libstdc++6:arm64": "/usr/lib/aarch64-linux-gnu/libstdc++.so.6",
  "libgcc-s1:arm64": "/usr/lib/aarch64-linux-gnu/libgcc_s.so.1",
};

const wantsBinary = Deno.args.includes("--binary");
const wanted = { ...PACKAGES, ...(wantsBinary ? BINARY_PACKAGES : {}) };
const missing = () => Object.keys(wanted).filter((name) => !isThere(wanted[name]));

function isThere(thing: string): boolean {
  const paths = thing.startsWith("/") ? [thing] : DIRECTORIES.map((dir) => `${dir}/${thing}`);
  // The ARM64 libraries stand in /lib or /usr/lib, depending on the release.
  const both = paths.flatMap((path) => path.startsWith("/lib/") ? [path, `/usr${path}`] : [path]);
  return both.some((path) => {
    try {
      return Deno.statSync(path) !== null;
    } catch {
      return false;
    }
  });
}

async function run(command: string, args: string[]): Promise<boolean> {
  console.log(`$ ${command} ${args.join(" ")}`);
  const { success } = await new Deno.Command(command, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).spawn().status;
  return success;
}

async function install(packages: string[]): Promise<void> {
  if (packages.some((name) => name.endsWith(":arm64"))) {
    await run("dpkg", ["--add-architecture", "arm64"]);
  }
  await run("apt-get", ["update", "-qq"]);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}

const before = missing();
if (before.length > 0 && Deno.uid() === 0 && isThere("apt-get")) await install(before);
const after = missing();
if (after.length > 0) {
  const arm = after.some((name) => name.endsWith(":arm64"))
    ? "dpkg --add-architecture arm64 && "
    : "";
  console.error(
    `Missing: ${after.join(", ")}. Install with:\n  sudo sh -c '${arm}apt-get update && ` +
      `apt-get install -y --no-install-recommends ${after.join(" ")}'\n` +
      "Tests that need them are reported as SKIPPED.",
  );
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") Deno.exit(1);
}
