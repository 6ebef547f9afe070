/** One device that speaks Modbus TCP: one connection, one request at a time. */
import type { Socket } from "node:net";
import type { ModbusTCPClient } from "jsmodbus";
import {
  type PollAnswer,
  type PollDeps,
  type PolledValue,
  PollError,
  type PollSession,
} from "../kind.ts";
import { wayOf } from "../way.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { isBits, type Register, valueOf, wordsOf } from "./register.ts";

export interface ModbusOptions {
  host: string;
  port: number;
  unit: number;
  pauseMs: number;
  registers: readonly Register[];
}

/** For one request; the whole asking has its own time. */
const REQUEST_MS = 5_000;
/** Exceptions after which single registers of a block may still be readable. */
const OF_THE_PLACE: ReadonlySet<number> = new Set([2, 3]);

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "the device does not know this kind of register (exception 1)",
  2: "the device has no register there (exception 2, illegal address)",
  3: "the device refuses the request (exception 3, illegal value)",
  4: "the device failed (exception 4)",
  5: "the device needs longer (exception 5)",
  6: "the device is busy (exception 6)",
  10: "the gateway has no way to the unit (exception 10)",
  11: "the unit behind the gateway does not answer (exception 11)",
};

/** The device answered that it cannot. */
class Exception extends Error {
  constructor(readonly code: number) {
    super(EXCEPTIONS[code] ?? `the device answers with exception ${code}`);
  }
}

/** Opens nothing before it is asked, and keeps its connection from one asking to the next. */
export function openModbus(options: ModbusOptions, deps: PollDeps): PollSession {
  const { outgoing, clock } = deps;
  const { host, port, unit, registers } = options;
  /** What a device refuses to read together is read one by one from then on. */
  let blocks = blocksOf(registers);
  /** Bytes 2 and 3 of every frame are zero; they were not. */
  let isForeign = false;
  let connection: { socket: Socket; client: ModbusTCPClient } | null = null;

  async function connect(signal: AbortSignal): Promise<ModbusTCPClient> {
    if (connection !== null && !connection.socket.destroyed) return connection.client;
    const { ModbusTCPClient } = await import("jsmodbus");
    const socket = await outgoing.connect(host, port, wayOf(deps, signal));
    socket.setNoDelay(true);
    // What breaks while nobody asks is seen by the next asking.
    socket.on("error", () => socket.destroy());
    // The library would wait for the end of what it takes for a long frame.
    socket.once("data", (first: Uint8Array) => {
      isForeign = first.length > 3 && (first[2] !== 0 || first[3] !== 0);
      if (isForeign) socket.destroy();
    });
    const client = new ModbusTCPClient(socket, unit, REQUEST_MS);
    // The library waits for a connection that is there already.
    socket.emit("connect");
    connection = { socket, client };
    return client;
  }

  function drop(): void {
    connection?.socket.destroy();
    connection = null;
  }

  async function read(client: ModbusTCPClient, block: Block): Promise<Uint8Array | boolean[]> {
    const { area, address, count } = block;
    try {
      if (area === "coil" || area === "discrete") {
        const request = area === "coil"
          ? client.readCoils(address, count)
          : client.readDiscreteInputs(address, count);
        const { valuesAsArray } = (await request).response.body;
        if (valuesAsArray.length < count) throw short(valuesAsArray.length, count);
        return Array.from(valuesAsArray, (bit) => bit === 1);
      }
      const request = area === "holding"
        ? client.readHoldingRegisters(address, count)
        : client.readInputRegisters(address, count);
      const { valuesAsBuffer } = (await request).response.body;
      if (valuesAsBuffer.length < 2 * count) throw short(valuesAsBuffer.length / 2, count);
      return valuesAsBuffer;
    } catch (error) {
      throw isForeign ? foreign(options) : faultOf(error, options);
    }
  }

  /** Its values, and what of them could not be read. @throws PollError when the connection is of no use any more */
  async function take(client: ModbusTCPClient, block: Block, into: Taken): Promise<void> {
    try {
      into.values.push(...valuesOf(block, await read(client, block)));
    } catch (error) {
      if (!(error instanceof Exception)) throw error;
      const { registers } = block;
      if (registers.length > 1 && OF_THE_PLACE.has(error.code)) into.refused.push(block);
      else for (const { name } of registers) into.faults.push(`${name}: ${error.message}`);
    }
  }

  return {
    async ask(signal): Promise<PollAnswer> {
      const onAbort = () => drop();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        const client = await connect(signal);
        const taken: Taken = { values: [], faults: [], refused: [] };
        const pending = [...blocks];
        for (let block = pending.shift(); block !== undefined; block = pending.shift()) {
          const before = taken.refused.length;
          await take(client, block, taken);
          if (taken.refused.length > before) {
            const alone = blocksOf(block.registers, false);
            blocks = blocks.flatMap((one) => one === block ? alone : [one]);
            pending.unshift(...alone);
          }
          if (options.pauseMs > 0 && pending.length > 0) await clock.sleep(options.pauseMs, signal);
        }
        const { values, faults } = taken;
        if (values.length === 0 && faults.length > 0) throw new PollError("answer", faults[0]);
        const read = registers.length - faults.length;
        return { values, faults, detail: `${read} of ${registers.length} values read` };
      } catch (error) {
        // Whatever it was: what follows begins anew, so that no late answer is taken for another's.
        if (!(error instanceof PollError && error.code === "answer")) drop();
        throw error;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
    close() {
      drop();
      return Promise.resolve();
    },
  };
}

interface Taken {
  values: PolledValue[];
  faults: string[];
  /** Blocks that the device refuses as a whole. */
  refused: Block[];
}

function valuesOf(block: Block, read: Uint8Array | boolean[]): PolledValue[] {
  return block.registers.flatMap((register): PolledValue[] => {
    const at = register.address - block.address;
    const value = isBits(register) ? read[at] === true : valueOf(
      register,
      (read as Uint8Array).subarray(2 * at, 2 * (at + wordsOf(register))),
    );
    if (value === null) return [];
    const unit = register.unit === undefined ? {} : { unit: register.unit };
    return [{ sensor: register.name, value, ...unit }];
  });
}

function short(got: number, wanted: number): PollError {
  return new PollError(
    "protocol",
    `The device answered with ${got} registers instead of ${wanted}`,
  );
}

/** The library's errors are plain objects; `response` is there when the device answered. */
function faultOf(error: unknown, { host, port }: ModbusOptions): Error {
  if (error instanceof PollError) return error;
  const { err, response } = error as {
    err?: string;
    response?: { body?: { code?: number } };
  };
  const code = response?.body?.code;
  if (err === "ModbusException" && typeof code === "number") return new Exception(code);
  if (err === "Timeout") {
    return new PollError(
      "timeout",
      `${host}:${port} takes connections and does not answer: is the unit number right?`,
    );
  }
  if (err === "Offline" || err === "ManuallyCleared") {
    return new PollError("unreachable", `${host}:${port} closed the connection`);
  }
  return foreign({ host, port });
}

function foreign({ host, port }: Pick<ModbusOptions, "host" | "port">): PollError {
  return new PollError("protocol", `${host}:${port} does not speak Modbus TCP`);
}
