/**
 * The door to D-Bus. The library is loaded at the first use: a host without watched units and without anybody who
 * restarts it from a page never pays for it.
 */
import type { EventEmitter } from "node:events";
import type { MessageBus } from "@jellybrick/dbus-next";
import { messageOf } from "../../base/errors.ts";

export interface BusCall {
  /** Name of the service, `org.freedesktop.systemd1`. */
  to: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: unknown[];
}

export interface Bus {
  /** @throws BusError */
  call(call: BusCall): Promise<unknown[]>;
}

/** Why an exchange failed. */
export type BusFault =
  /** Nothing listens at the address, or what listens does not let this user in. */
  | "no bus"
  /** The bus is there and the service is not. */
  | "no service"
  /** A policy of the bus or of polkit refuses. */
  | "refused"
  /** No answer within the deadline, or the bus went away meanwhile. */
  | "no answer"
  /** The service answered with another error; `errorName` is its name. */
  | "error";

export class BusError extends Error {
  override readonly name = "BusError";
  constructor(readonly fault: BusFault, message: string, readonly errorName: string | null = null) {
    super(message);
  }
}

const FAULTS: Readonly<Record<string, BusFault>> = {
  "org.freedesktop.DBus.Error.ServiceUnknown": "no service",
  "org.freedesktop.DBus.Error.NameHasNoOwner": "no service",
  "org.freedesktop.DBus.Error.Spawn.ServiceNotFound": "no service",
  "org.freedesktop.DBus.Error.AccessDenied": "refused",
  "org.freedesktop.DBus.Error.AuthFailed": "refused",
  "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": "refused",
  "org.freedesktop.PolicyKit1.Error.NotAuthorized": "refused",
  "org.freedesktop.DBus.Error.NoReply": "no answer",
  "org.freedesktop.DBus.Error.Timeout": "no answer",
  "org.freedesktop.DBus.Error.TimedOut": "no answer",
};

/** Only sockets in the file system: what the library knows beside them starts programs or connects over the network. */
const ADDRESS = /^unix:(path|abstract)=[^,;]+$/;

/**
 * Connects to the bus at `address` (`unix:path=…`), lets `use` call, and disconnects, all within `deadlineMs`.
 * @throws BusError
 */
export async function withBus<T>(
  address: string,
  deadlineMs: number,
  use: (bus: Bus) => Promise<T>,
): Promise<T> {
  if (!ADDRESS.test(address)) {
    throw new BusError("no bus", `${address} is not the address of a local bus (unix:path=…)`);
  }
  const { sessionBus, Message } = await import("@jellybrick/dbus-next");
  const connected = sessionBus({ busAddress: address, authMethods: ["EXTERNAL"] });
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});
  // The library's types leave this event out.
  (connected as EventEmitter).on(
    "error",
    (error) => fail(new BusError("no bus", messageOf(error))),
  );
  below(connected)?.on("end", () => fail(new BusError("no answer", "the bus went away")));
  const timer = setTimeout(
    () => fail(new BusError("no answer", `no answer within ${deadlineMs / 1000} s`)),
    deadlineMs,
  );
  const bus: Bus = {
    async call({ to: destination, ...rest }) {
      try {
        return (await connected.call(new Message({ destination, ...rest })))?.body ?? [];
      } catch (error) {
        throw asBusError(error);
      }
    },
  };
  try {
    return await Promise.race([use(bus), failed]);
  } finally {
    clearTimeout(timer);
    hangUp(connected);
  }
}

/** A value that brings its type along, for signatures with `v`. */
export async function variant(signature: string, value: unknown): Promise<unknown> {
  const { Variant } = await import("@jellybrick/dbus-next");
  return new Variant(signature, value);
}

function asBusError(error: unknown): BusError {
  const { type } = error as { type?: unknown };
  if (typeof type !== "string") return new BusError("no answer", messageOf(error));
  return new BusError(FAULTS[type] ?? "error", messageOf(error), type);
}

/** `disconnect` waits for the other side, which may hang; the socket below it does not. */
function hangUp(connected: MessageBus): void {
  connected.disconnect();
  below(connected)?.stream?.destroy();
}

/** What the library keeps to itself: the end of its socket, and ending it. */
function below(
  connected: MessageBus,
): (EventEmitter & { stream?: { destroy(): void } }) | undefined {
  return (connected as unknown as { _connection?: EventEmitter })._connection;
}
