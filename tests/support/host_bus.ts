import { Message, type MessageBus, sessionBus } from "@jellybrick/dbus-next";

/*
 * A real dbus-daemon with a systemd and a logind that are made up: they answer in the words of the real ones, and
 * write down what they were asked.
 */

export interface HostBusOptions {
  /** Members that a policy of the bus refuses, `RestartUnit`. */
  refused?: readonly string[];
}

export interface MadeUpUnit {
  load: string;
  active: string;
  sub: string;
}

export interface HostBus {
  /** `unix:path=…` */
  readonly address: string;
  /** What systemd knows; tests change it. */
  readonly units: Map<string, MadeUpUnit>;
  /** `RestartUnit nginx.service`, `Reboot`: everything that would change something, in order. */
  readonly asked: string[];
  /** The unit of whoever asks; null: none. */
  own: string | null;
  /** What a restart makes of a unit; default: it runs. */
  onRestart: (name: string) => void;
  /** Called before a reboot is answered. */
  onReboot: () => Promise<void> | void;
  /** Members that never answer. */
  readonly hanging: Set<string>;
  /** Members that polkit refuses. */
  readonly unauthorised: Set<string>;
  /** Ends the daemon at once, as a crash does. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it is there and says nothing. */
  pause(): void;
  resume(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_MS = 10_000;
const NOT_AUTHORISED = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
const NEEDS_A_PERSON = "Interactive authentication required.";
const GONE: MadeUpUnit = { load: "not-found", active: "inactive", sub: "dead" };

/** Whether dbus-daemon is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export function haveDbus(): boolean {
  try {
    if (Deno.statSync("/usr/bin/dbus-daemon").isFile) return true;
  } catch {
    // said below
  }
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") {
    throw new Error("dbus-daemon is not installed: apt-get install dbus");
  }
  console.warn("SKIPPED: dbus-daemon is not installed (apt-get install dbus)");
  return false;
}

/** Starts both on a socket of their own. */
export async function startHostBus(options: HostBusOptions = {}): Promise<HostBus> {
  const directory = await Deno.makeTempDir({ prefix: "perch-bus-" });
  const address = `unix:path=${directory}/bus`;
  await Deno.writeTextFile(`${directory}/bus.conf`, configuration(address, options.refused ?? []));
  const daemon = new Deno.Command("dbus-daemon", {
    args: [`--config-file=${directory}/bus.conf`, "--nofork", "--nopidfile", "--nosyslog"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await listens(`${directory}/bus`);
  const services = sessionBus({ busAddress: address, authMethods: ["EXTERNAL"] });
  // The library's types leave this event out, and what waits for an answer does not hear of it.
  const { promise: lost, reject: lose } = Promise.withResolvers<never>();
  lost.catch(() => {});
  services.on("error" as never, lose as never);
  let ended = false;
  const host: HostBus = {
    address,
    units: new Map(),
    asked: [],
    own: null,
    onRestart: (name) => void host.units.set(name, running()),
    onReboot: () => {},
    hanging: new Set(),
    unauthorised: new Set(),
    async kill() {
      if (ended) return;
      ended = true;
      daemon.kill("SIGKILL");
      await daemon.status;
    },
    pause: () => daemon.kill("SIGSTOP"),
    resume: () => daemon.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      services.disconnect();
      await host.kill();
      await Deno.remove(directory, { recursive: true });
    },
  };
  const patience = setTimeout(
    () => lose(new Error(`the bus did not answer within ${START_MS} ms`)),
    START_MS,
  );
  try {
    await Promise.race([serveManagers(services, host), lost]);
    return host;
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

export const running = (): MadeUpUnit => ({ load: "loaded", active: "active", sub: "running" });
export const failed = (): MadeUpUnit => ({ load: "loaded", active: "failed", sub: "failed" });

function configuration(address: string, refused: readonly string[]): string {
  const to = 'send_destination="org.freedesktop.systemd1"';
  const by = 'send_interface="org.freedesktop.systemd1.Manager"';
  const denied = refused.map((member) => `<deny ${to} ${by} send_member="${member}"/>`).join("");
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type><listen>${address}</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_destination="*"/><allow receive_sender="*"/>${denied}
  </policy>
</busconfig>`;
}

/** The file of a socket is there a moment before anybody listens. */
async function listens(path: string): Promise<void> {
  for (const untilMs = Date.now() + START_MS; Date.now() < untilMs;) {
    try {
      (await Deno.connect({ transport: "unix", path })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error("dbus-daemon did not start");
}

/** Of one call: signatures of what goes in and out, what is written down, and the answer. */
interface Member {
  takes: string;
  gives: string;
  said?: (...args: never[]) => string;
  answer: (...args: never[]) => unknown[];
}

/** An error as the service sends it. */
class Refusal extends Error {
  constructor(readonly type: string, text: string) {
    super(text);
  }
}

function membersOf(host: HostBus): Record<string, Member> {
  const job = () => ["/org/freedesktop/systemd1/job/1"];
  return {
    RestartUnit: {
      takes: "ss",
      gives: "o",
      said: (name: string, mode: string) => `RestartUnit ${name} ${mode}`,
      answer(name: string) {
        if (!host.units.has(name)) {
          throw new Refusal("org.freedesktop.systemd1.NoSuchUnit", `Unit ${name} not found.`);
        }
        host.onRestart(name);
        return job();
      },
    },
    ListUnitsByNames: {
      takes: "as",
      gives: "a(ssssssouso)",
      answer: (names: string[]) => [names.map((name) => {
        const { load, active, sub } = host.units.get(name) ?? GONE;
        return [name, `The ${name}`, load, active, sub, "", pathOf(name), 0, "", "/"];
      })],
    },
    GetUnitByPID: {
      takes: "u",
      gives: "o",
      answer(pid: number) {
        if (pid === 0 && host.own !== null) return [pathOf(host.own)];
        const text = `PID ${pid} does not belong to any loaded unit.`;
        throw new Refusal("org.freedesktop.systemd1.NoUnitForPID", text);
      },
    },
    Reload: { takes: "", gives: "", said: () => "Reload", answer: () => [] },
    EnableUnitFiles: {
      takes: "asbb",
      gives: "ba(sss)",
      said: (files: string[]) => `EnableUnitFiles ${files}`,
      answer: () => [true, []],
    },
    DisableUnitFiles: {
      takes: "asb",
      gives: "a(sss)",
      said: (files: string[]) => `DisableUnitFiles ${files}`,
      answer: () => [[]],
    },
    StopUnit: {
      takes: "ss",
      gives: "o",
      said: (name: string) => `StopUnit ${name}`,
      answer(name: string) {
        host.units.delete(name);
        return job();
      },
    },
    StartTransientUnit: {
      takes: "ssa(sv)a(sa(sv))",
      gives: "o",
      said: (name: string, _mode: string, properties: [string, { value: unknown }][]) =>
        `StartTransientUnit ${name} ${
          JSON.stringify(properties.find(([key]) => key === "ExecStart")?.[1].value)
        }`,
      answer: job,
    },
    Reboot: { takes: "b", gives: "", said: () => "Reboot", answer: () => [] },
  };
}

async function serveManagers(bus: MessageBus, host: HostBus): Promise<void> {
  const members = membersOf(host);
  bus.addMethodHandler((message) => {
    const name = String(message.member);
    const member = members[name];
    if (member === undefined || message.signature !== member.takes) return false;
    if (host.hanging.has(name)) return true;
    try {
      if (host.unauthorised.has(name)) throw new Refusal(NOT_AUTHORISED, NEEDS_A_PERSON);
      const args = message.body as never[];
      if (member.said) host.asked.push(member.said(...args));
      const answer = Message.newMethodReturn(message, member.gives, member.answer(...args));
      Promise.resolve(name === "Reboot" ? host.onReboot() : null).then(() => bus.send(answer));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      bus.send(Message.newError(message, error.type, error.message));
    }
    return true;
  });
  await bus.requestName("org.freedesktop.systemd1", 0);
  await bus.requestName("org.freedesktop.login1", 0);
}

/** sd_bus_path_encode. */
function pathOf(unit: string): string {
  const encoded = unit.replace(
    /[^A-Za-z0-9]/g,
    (char) => `_${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `/org/freedesktop/systemd1/unit/${encoded}`;
}
