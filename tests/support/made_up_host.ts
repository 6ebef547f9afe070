import { join } from "node:path";

/** A host for one program: it sees another temperature, another `/etc/perch/units` and another system bus. */
export interface MadeUpHost extends AsyncDisposable {
  /** What stands before the command of the program, which keeps its process number. */
  under: string[];
  heat(celsius: number): Promise<void>;
}

export interface MadeUpHostOptions {
  /** Socket of the system bus. */
  bus: string;
  /** Lines of `/etc/perch/units`. */
  units: readonly string[];
}

/** How busy this host really is must not matter: no time goes by there. */
const TICKS = "cpu  1000 0 1000 1000 0 0 0 0 0 0\ncpu0 1000 0 1000 1000 0 0 0 0 0 0\n";
/** In a mount namespace of its own, so that it ends with the program. */
const SHOW = `mount -t overlay -o "lowerdir=$1/etc:/etc" overlay /etc &&
  mount --bind "$1/run" /run && mount --bind "$1/stat" /proc/stat &&
  mount --bind "$1/thermal" /sys/class/thermal && shift && exec "$@"`;

/** Makes one; takes root, as all that mounts (`haveMounts`). */
export async function makeUpHost({ bus, units }: MadeUpHostOptions): Promise<MadeUpHost> {
  const folder = await Deno.makeTempDir({ prefix: "perch-host-" });
  const write = async (path: string, text: string) => {
    const full = join(folder, path);
    await Deno.mkdir(join(full, ".."), { recursive: true });
    await Deno.writeTextFile(full, text);
  };
  const heat = (celsius: number) =>
    write("thermal/thermal_zone0/temp", `${Math.round(celsius * 1000)}\n`);
  await write("thermal/thermal_zone0/type", "cpu-thermal\n");
  await heat(50);
  await write("stat", TICKS);
  await write("etc/perch/units", units.join("\n"));
  await Deno.mkdir(join(folder, "run/dbus"), { recursive: true });
  await Deno.symlink(bus, join(folder, "run/dbus/system_bus_socket"));
  return {
    under: ["unshare", "--mount", "sh", "-c", SHOW, "sh", folder],
    heat,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
