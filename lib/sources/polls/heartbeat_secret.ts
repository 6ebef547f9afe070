import { createHash } from "node:crypto";
import { randomId } from "../../base/ids.ts";

/** 5 bits each: 130 bits. */
const CHARACTERS = 26;

/** A secret that stands in an address; it is shown once. */
export const newSecret = (): string => randomId(CHARACTERS);

/** What is stored of it. Looked up by this, so that how long it takes says nothing about secrets that there are. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
