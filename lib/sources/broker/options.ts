import { z } from "zod";

/** Options of the embedded broker; validation, help and the settings form derive from it. */
export const brokerOptions = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({
    title: "Address",
    description: "Interface to listen on; beyond loopback every client signs in.",
  }),
  port: z.int().min(0).max(65_535).default(1883).meta({ title: "Port", description: "0: any." }),
  connectionsMost: z.int().min(1).max(10_000).default(1_000).meta({ title: "Connections" }),
  connectionsPerAddressMost: z.int().min(1).default(100).meta({
    title: "Connections per address",
    description: "From one address beyond loopback.",
  }),
  packetBytesMost: z.int().min(1_024).max(16 * 1024 * 1024).default(1024 * 1024 + 1024).meta({
    title: "Packet size",
    description: "Longest packet in bytes; a longer message is refused, the connection stays.",
  }),
  connectTimeoutMs: z.int().min(10).max(60_000).default(10_000).meta({
    title: "Connect timeout",
    description: "Time for a new connection to send a whole CONNECT.",
  }),
  sessionsMost: z.int().min(1).max(100_000).default(1_000).meta({
    title: "Sessions",
    description: "Persistent sessions; beyond, the one that has been away longest is forgotten.",
  }),
  retainedMost: z.int().min(0).max(1_000_000).default(10_000).meta({
    title: "Retained messages",
    description: "Topics with a retained message; further ones are not retained.",
  }),
  retainedBytesMost: z.int().min(0).default(16 * 1024 * 1024).meta({ title: "Retained bytes" }),
  queuedMost: z.int().min(1).default(1_000).meta({
    title: "Queue",
    description: "Messages that wait for a subscriber that is away; further ones are dropped.",
  }),
  queuedBytesMost: z.int().min(1).default(32 * 1024 * 1024).meta({ title: "Queued bytes" }),
});

export type BrokerOptions = z.output<typeof brokerOptions>;
export type BrokerOptionsInput = z.input<typeof brokerOptions>;
