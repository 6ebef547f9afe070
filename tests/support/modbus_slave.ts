/** A device that speaks Modbus TCP: by the library's own server, and one that misbehaves as real ones do. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { ModbusTCPServer } from "jsmodbus";

export interface Slave {
  port: number;
  holding: Buffer;
  coils: Buffer;
  /** Connections that it has now, and had in all. */
  open(): number;
  opened(): number;
  /** Requests so far: function code, start, count. */
  requests: [number, number, number][];
  /** Ends all its connections, as a device does that is switched off and on. */
  cut(): void;
  close(): Promise<void>;
}

/** What the slave does instead of an answer. */
export type Misbehaviour = (request: Buffer, socket: Socket) => boolean;

/** Starts one on loopback. `misbehave` sees each request first; true: it took it. */
export async function startSlave(misbehave: Misbehaviour = () => false): Promise<Slave> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const requests: Slave["requests"] = [];
  const holding = Buffer.alloc(2_000);
  const coils = Buffer.alloc(100);
  // It never listens: what it gets has passed `misbehave`.
  const inner = createServer();
  new ModbusTCPServer(inner, { holding, input: holding, coils, discrete: coils });
  const front = createServer((socket) => {
    opened++;
    sockets.add(socket);
    const answers = new Duplex({
      read() {},
      write(answer, _, done) {
        socket.write(answer);
        done();
      },
    });
    inner.emit("connection", answers);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.on("data", (request: Buffer) => {
      requests.push([request[7], request.readUInt16BE(8), request.readUInt16BE(10)]);
      if (!misbehave(request, socket)) answers.push(request);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", () => resolve()));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (front.address() as AddressInfo).port,
    holding,
    coils,
    open: () => sockets.size,
    opened: () => opened,
    requests,
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}

/** The answer of a device that cannot. */
export function exception(request: Buffer, code: number): Buffer {
  const answer = Buffer.from([
    ...request.subarray(0, 4),
    0,
    3,
    request[6],
    request[7] | 0x80,
    code,
  ]);
  return answer;
}
